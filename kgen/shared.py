"""Values that many objects hold alike: made once, never changed, and written once a place in the output.

Two thirds of a bundle's lines say the same in every object: flows to DNS and to the controller, security contexts,
kgen's own labels. docs/decisions/0010 says why sharing them is safe.
"""

from collections.abc import Callable

from kgen.records import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NoReturn

_KEPT = 256  # values that one loop of a template keeps; more only cost memory


class Shared(dict[str, Any]):
    """A mapping that may be part of many objects. It refuses to be changed; a copy of it is a plain dict.

    `written` is for the emitter: the text of this mapping, kept with it and so as long as it.
    """

    __slots__ = ("written",)

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value)
        self.written: tuple[str, str] = _NOTHING

    def __reduce_ex__(self, _protocol: object) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """What copy, deepcopy and pickle make of it."""
        return dict, (dict(self),)

    def _refuse(self, *_: object, **__: object) -> "NoReturn":
        raise TypeError("this mapping is part of several objects: copy it before changing it (kgen.shared.own)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    pop = popitem = clear = update = setdefault = _refuse


_NOTHING = ("-", "")  # no mapping stands behind a dash without a space


class Once:
    """A function whose mappings are made once for each value that decides them, told apart by identity.

    The value is kept beside what was made of it, so that its id is not given to another one meanwhile.
    """

    def __init__(self, build: Callable[[Any], dict[str, Any]]) -> None:
        self.build = build
        self.made: dict[int, tuple[Any, Shared]] = {}

    def __call__(self, decides: Any, argument: Any) -> Shared:
        """What `build` makes of the argument, of which nothing but `decides` is looked at."""
        found = self.made.get(id(decides))
        if found is None:
            if len(self.made) >= _KEPT:
                self.made.clear()
            self.made[id(decides)] = found = (decides, Shared(self.build(argument)))
        return found[1]


def own(value: Any) -> Any:
    """A copy of plain values that shares nothing, not even one part of it with another, as deepcopy would."""
    if isinstance(value, dict):
        return {key: own(item) for key, item in value.items()}
    return [own(item) for item in value] if isinstance(value, list) else value
