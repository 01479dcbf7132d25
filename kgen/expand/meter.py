"""Bounds what a user's own layer can cost: values made, text copied, steps of loops.

One unit is about a scalar or 64 characters. The shipped layers are not metered.
"""

from collections.abc import Callable, Iterator

from kgen.expand import values
from kgen.records import Any

OBJECT_UNITS = 200_000  # one object; etcd refuses objects of more than 1.5 MB anyway
LAYER_UNITS = 30_000_000  # one layer in one run: some seconds


class Meter:
    """Counts down for one layer; its methods are what metered code calls."""

    def __init__(self, object_units: int = OBJECT_UNITS, layer_units: int = LAYER_UNITS) -> None:
        self.object_units = object_units
        self.layer_left = layer_units
        self.left = object_units

    def begin(self, cost: int) -> None:
        """Called at the start of each compiled function; `cost` is what its literals amount to."""
        self.layer_left -= self.object_units - self.left  # what the last one used
        self.left = self.object_units
        self.spend(cost)

    def spend(self, cost: int) -> None:
        self.left -= cost
        if self.left < 0:
            raise values.Missing(f"one object of more than {self.object_units} values: make it smaller, or of several")
        if self.layer_left < 0:
            raise values.Missing("the layer makes too much in one run: make fewer or smaller objects")

    def weigh(self, value: Any) -> Any:
        """The value itself, paid for."""
        self._weigh(value)
        return value

    def _weigh(self, value: Any) -> None:
        if isinstance(value, str):
            self.spend(1 + (len(value) >> 6))
        elif isinstance(value, dict):
            self.spend(1 + len(value))
            for key, inner in value.items():
                self._weigh(key)
                self._weigh(inner)
        elif isinstance(value, tuple | list):
            self.spend(1 + len(value))
            for inner in value:
                self._weigh(inner)
        else:
            self.spend(1)

    def loop(self, value: Any, cost: int) -> Iterator[Any]:
        """The items of a `$for`; `cost` is what the literals of one turn amount to."""
        for item in values.each(value):
            self.spend(cost)
            yield item

    def plus(self, left: Any, right: Any) -> Any:
        self._weigh(left)
        self._weigh(right)
        return left + right

    def filtered(self, function: Callable[..., Any], value: Any, *arguments: Any) -> Any:
        self._weigh(value)
        if arguments and isinstance(arguments[0], str):
            self.spend(len(arguments[0]) * (len(value) if isinstance(value, tuple | list) else 1) >> 6)
        return function(value, *arguments)
