"""Plain tables for terminals and files: columns padded with blanks, no frame, so that grep and awk can read them."""

from collections.abc import Sequence


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], indent: str = "") -> str:
    """A header line and a line a row; a column is as wide as its widest cell, the last one is not padded."""
    lines = [tuple(title.upper() for title in header), *rows]
    widths = [max(len(row[column]) for row in lines) for column in range(len(header))]
    return "".join(
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip() + "\n"
        for row in lines
    )


def wrapped(text: str, indent: str, width: int = 100) -> str:
    """Text broken at blanks into lines of at most `width`, each indented."""
    lines, current = [], ""
    for word in text.split():
        if current and len(indent) + len(current) + 1 + len(word) > width:
            lines.append(indent + current)
            current = word
        else:
            current = f"{current} {word}" if current else word
    if current:
        lines.append(indent + current)
    return "\n".join(lines) + "\n"
