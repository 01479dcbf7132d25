"""A scalar or key of a template as Python source: a literal, the value of its one hole, or text with holes in it."""

from kgen.expand import type_check as types
from kgen.expand.expressions import Expressions, Typed
from kgen.expand.grammar import Hole, TemplateError, parts
from kgen.expand.tree import Located, Node, Scalar
from kgen.records import Any

Names = dict[str, Any]


class Scalars:
    """Translates scalars; what is wrong with them is told with their line."""

    def __init__(self, metered: bool) -> None:
        self.metered = metered
        self.expressions = Expressions(metered)

    def expression(self, source: str, names: Names, line: int) -> Typed:
        try:
            return self.expressions.translate(source, names)
        except TemplateError as error:
            raise Located(error, line) from None

    def parts(self, text: str, line: int) -> list[str | Hole]:
        try:
            return parts(text)
        except TemplateError as error:
            raise Located(error, line) from None

    def hole(self, node: Node, names: Names, key: str) -> Typed:
        """What must be exactly one expression, as `$if` takes it."""
        found = self.parts(node.value, node.line) if isinstance(node, Scalar) and isinstance(node.value, str) else []
        if len(found) != 1 or not isinstance(found[0], Hole):
            raise Located(TemplateError(f"{key} takes one expression: {key}: ${{...}}"), node.line)
        return self.expression(found[0].source, names, node.line)

    def text(self, text: str, names: Names, line: int) -> Typed:
        """A scalar: a literal, the native value of its one hole, or text with the holes put in."""
        found = self.parts(text, line)
        if len(found) == 1 and isinstance(found[0], Hole):
            return self.expression(found[0].source, names, line)
        if not any(isinstance(part, Hole) for part in found):
            return Typed(ascii("".join(str(part) for part in found)), str)
        form, values = "", []
        for part in found:
            if isinstance(part, str):
                form += part.replace("%", "%%")
            else:
                form += "%s"
                values.append(self._inside_text(self.expression(part.source, names, line), line))
        return Typed(f"{ascii(form)} % ({', '.join(values)},)", str)

    def _inside_text(self, value: Typed, line: int) -> str:
        kind = types.present(value.type)
        if kind is not Any and not types.all_of(kind, str, int, float, bool):
            hint = ': use the filter join(",")' if types.is_list(kind) else ""
            raise Located(TemplateError(f"{types.describe(kind)} stands inside a text{hint}"), line)
        source = value.source if types.all_of(value.type, str, int) else f"_text({value.source})"
        return f"_weigh({source})" if self.metered else source

    def native(self, value: Typed, line: int) -> str:
        """A value as it stands in a manifest."""
        if not types.is_plain(value.type):
            inner = types.present(value.type)
            inner = types.item(inner) if types.is_list(inner) else inner
            advice = "use $for"
            if types.is_record(inner):
                advice = f"name one of its fields: {', '.join(sorted(types.fields(inner)))}"
            raise Located(TemplateError(f"{types.describe(value.type)} is no value of a manifest: {advice}"), line)
        source = value.source
        lists = [one for one in types.alternatives(value.type) if types.is_list(one)]
        if lists and (len(types.alternatives(value.type)) > 1 or types.is_list(types.item(lists[0]))):
            source = f"_plain({source})"
        elif lists:
            source = f"[*{source}]"
        return f"_weigh({source})" if self.metered else source
