"""Typed tuples and `Any` without the cost of `typing`, for everything that runs at each start.

To the type checker these are typing.NamedTuple and typing.Any. At run time importing `typing` costs 16 million
instructions and each typing.NamedTuple 0.8 more, which is a third of what a small run may cost altogether
(docs/decisions); a class made here costs a tenth of that, and its constructor is compiled when it is first used.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any as Any, NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter  # what collections.namedtuple makes its fields with

    class Any:
        """Stands for typing.Any in annotations, which nothing evaluates at run time."""

    def _construct(cls, *args, **kwargs):
        """The first construction: compile the real constructor, with the fields as its parameters."""
        fields, defaults = cls._fields, cls._field_defaults
        names = ", ".join(fields)
        source = f"lambda _cls, {names}: _make(_cls, ({names}{',' if len(fields) == 1 else ''}))"
        new = eval(source, {"_make": tuple.__new__})  # the names are those of the class body
        new.__defaults__ = tuple(defaults.values())
        new.__name__ = "__new__"
        cls.__new__ = staticmethod(new)
        return new(cls, *args, **kwargs)

    def _make(cls, values):
        return tuple.__new__(cls, values)

    def _replace(self, /, **changes):
        made = tuple.__new__(type(self), map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in zip(self._fields, self, strict=True))})"

    def _arguments(self):
        return tuple(self)

    _COMMON = {
        "__slots__": (),
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
        "__repr__": _repr,
        "__getnewargs__": _arguments,
    }

    class _Maker(type):
        """Turns a class body of annotated fields into a plain subclass of tuple."""

        def __new__(meta, name, bases, namespace):
            if not bases:
                return type.__new__(meta, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            if defaults and tuple(defaults) != fields[-len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            for position, field in enumerate(fields):
                namespace[field] = _tuplegetter(position, "")
            return type(
                name,
                (tuple,),
                {
                    **namespace,
                    **_COMMON,
                    "_fields": fields,
                    "_field_defaults": defaults,
                    "__match_args__": fields,
                    "__new__": _construct,
                },
            )

    class NamedTuple(metaclass=_Maker):
        """Base of a typed tuple, as typing.NamedTuple: annotated fields, defaults, methods and properties."""
