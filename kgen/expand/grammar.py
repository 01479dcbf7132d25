"""Finds the `${ expression }` holes of a text, and parses an expression with what the language allows.

jinja2's parser sees only what stands between the braces, never the text around it. Everything that is not
in the table below is refused here, so the later steps know only what is allowed.
"""

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from kgen.records import NamedTuple

MAX_LENGTH = 500  # characters of one expression
MAX_DEPTH = 30

ALLOWED = "names, fields, [key], literals, lists, comparison, in, and, or, not, a if b else c, +, - and filters"

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Add,
    nodes.Sub,
    nodes.Filter,
)

_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Test: "a test (`is`)",
    nodes.Slice: "a slice",
    nodes.Dict: "a mapping literal",
    nodes.Tuple: "a tuple (write a list: [a, b])",
    nodes.Mul: "`*`",
    nodes.Pow: "`**`",
    nodes.Mod: "`%`",
    nodes.Div: "`/`",
    nodes.FloorDiv: "`//`",
    nodes.Concat: "`~` (write the text around the holes: ${a}-${b})",
    nodes.Neg: "a leading `-`",
    nodes.Pos: "a leading `+`",
}


class TemplateError(Exception):
    """Something in a template that is not acceptable; whoever knows layer, file and line adds them."""

    def __init__(self, message: str, current: str | None = None, proposed: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.current = current
        self.proposed = proposed


class Hole(NamedTuple):
    """What stands between `${` and `}`."""

    source: str


def parts(text: str) -> list[str | Hole]:
    """A scalar as literal texts and holes, in order; `$${` is a literal `${`. Empty literals are left out."""
    found: list[str | Hole] = []
    literal = ""
    at = 0
    while (start := text.find("${", at)) >= 0:
        if start > at and text[start - 1] == "$":
            literal += text[at : start - 1] + "${"
            at = start + 2
            continue
        literal += text[at:start]
        end = _end(text, start + 2)
        if literal:
            found.append(literal)
            literal = ""
        found.append(Hole(text[start + 2 : end]))
        at = end + 1
    literal += text[at:]
    if literal:
        found.append(literal)
    return found


def _end(text: str, start: int) -> int:
    """Position of the brace that closes the hole whose expression begins at `start`; braces in strings do not count."""
    quote = ""
    at = start
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "}":
            return at
        at += 1
    missing = "a string in it is not closed" if quote else "it has no closing }"
    raise TemplateError(f"incomplete ${{ }}: {missing}; write $${{ where the text itself is meant")


_environment = Environment(autoescape=False)  # only its parser is used; nothing is ever rendered


def parse(source: str) -> nodes.Expr:
    """The expression as jinja2's tree, every node of it allowed. Raises TemplateError."""
    if not source.strip():
        raise TemplateError("${} is empty: write an expression between the braces, or $${} for the text itself")
    if len(source) > MAX_LENGTH:
        raise TemplateError(
            f"an expression of {len(source)} characters: at most {MAX_LENGTH} are allowed; split it with $if or $for"
        )
    try:
        parser = Parser(_environment, source, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            rest = parser.stream.current.value
            raise TemplateError(f"`{short(source)}` goes on after its end, at `{rest}`: one hole is one expression")
    except TemplateSyntaxError as error:
        raise TemplateError(f"`{short(source)}` is no expression: {error.message}; allowed are {ALLOWED}") from None
    except (RecursionError, ValueError, OverflowError):
        raise TemplateError(f"`{short(source)}` is no expression: nested too deeply, or a number too long") from None
    _check(expression, source, 0)
    return expression


def _check(node: nodes.Node, source: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise TemplateError(f"`{short(source)}` is nested more than {MAX_DEPTH} deep: split it with $if or $for")
    if type(node) not in _ALLOWED:
        what = _REFUSED.get(type(node), f"`{type(node).__name__}`")
        raise TemplateError(f"{what} is not allowed, in `{short(source)}`: allowed are {ALLOWED}")
    if isinstance(node, nodes.CondExpr) and node.expr2 is None:
        raise TemplateError(f"`{short(source)}` has an if without else: write a if b else c, or use $if")
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise TemplateError(f"`{node.attr}` in `{short(source)}` is no field: no field begins with _")
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        raise TemplateError(f"`{node.name}` in `{short(source)}` is unknown: no name begins with _")
    if isinstance(node, nodes.Filter) and (node.kwargs or node.dyn_args or node.dyn_kwargs or node.node is None):
        raise TemplateError(f"filter {node.name} in `{short(source)}` takes plain arguments only")
    for child in node.iter_child_nodes():
        _check(child, source, depth + 1)


def short(source: str) -> str:
    """An expression in one line, for messages."""
    text = " ".join(source.split())
    return text if len(text) <= 80 else text[:77] + "..."
