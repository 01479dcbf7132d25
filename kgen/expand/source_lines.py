"""Python source as it is put together: nested pieces of lines, each with the template's line that it comes from."""

from kgen.records import NamedTuple


class Line(NamedTuple):
    text: str
    origin: int  # line of the template; 0: of none


class Piece(NamedTuple):
    """An expression or statement over one line or more."""

    lines: tuple[Line, ...]

    def around(self, before: str, after: str) -> "Piece":
        """The same with text put before its first line and after its last."""
        lines = list(self.lines)
        lines[0] = lines[0]._replace(text=before + lines[0].text)
        lines[-1] = lines[-1]._replace(text=lines[-1].text + after)
        return Piece(tuple(lines))


def one(text: str, origin: int) -> Piece:
    return Piece((Line(text, origin),))


def block(opening: str, inner: list[Piece], closing: str, origin: int) -> Piece:
    """Pieces between brackets, one below the other and indented; on one line where there is nothing inside."""
    if not inner:
        return one(opening + closing, origin)
    lines = [Line(opening, origin)]
    for piece in inner:
        lines += [line._replace(text=" " + line.text) for line in piece.lines]
    lines.append(Line(closing, origin))
    return Piece(tuple(lines))
