"""Strings as Istio's policies match them, and the classes into which a set of patterns cuts all strings.

istio/api security/v1beta1/authorization_policy.proto (1.30): exact, prefix `abc*`, suffix `*abc`, presence `*`; in
paths `{*}` is one segment and `{**}` any number of characters, as Envoy's URI templates have them. Two strings that the
same patterns match can not be told apart, so one witness of each kind stands for all requests.
"""

from collections.abc import Sequence
from functools import lru_cache

from kgen.records import NamedTuple

_MOST_CLASSES = 4096
_ANY, _SEGMENT, _PIECE = "any", "segment", "piece"  # one character: any; any but a slash; any of a {**}


def is_template(pattern: str) -> bool:
    """Whether Istio takes a path for a template (pkg/config/security, IsPathTemplate)."""
    return "{*}" in pattern or "{**}" in pattern


def matches(pattern: str, value: str, path: bool = False) -> bool:
    """Whether a pattern matches one string."""
    if path and is_template(pattern):
        return bool(_Machine((pattern,), True).accepts(value))
    if pattern == "*":
        return value != ""
    if pattern.startswith("*"):
        return value.endswith(pattern[1:])
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern


class Kind(NamedTuple):
    """All strings that the same patterns match."""

    witness: str  # the shortest of them, or nearly
    matched: int  # patterns by position


@lru_cache(maxsize=1024)
def kinds(patterns: tuple[str, ...], path: bool = False) -> tuple[Kind, ...]:
    """Every kind of non-empty string; paths begin with a slash. The first is that of strings that nothing matches."""
    machine = _Machine(patterns, path)
    letters = machine.letters
    found: dict[int, str] = {}
    seen = {machine.start}
    current = [(machine.start, "")]
    while current and len(found) < _MOST_CLASSES:
        following = []
        for state, so_far in current:
            for letter in letters if so_far or not path else "/":
                reached = machine.step(state, letter)
                text = so_far + letter
                found.setdefault(machine.accepted(reached), text)
                if reached not in seen:
                    seen.add(reached)
                    following.append((reached, text))
        current = following
    return tuple(Kind(witness, matched) for matched, witness in sorted(found.items()))


class _Machine:
    """All patterns as one automaton, its states the bits of a number."""

    def __init__(self, patterns: Sequence[str], path: bool) -> None:
        self._moves: dict[str, int] = {}
        self._classes = {_ANY: 0, _SEGMENT: 0, _PIECE: 0}
        self._loops = {_ANY: 0, _SEGMENT: 0, _PIECE: 0}
        self._skips = 0
        self._ends: list[int] = []
        self.start = 0
        place = 0
        for pattern in patterns:
            self.start |= 1 << place
            for what, letter in _steps(pattern, path):
                here = 1 << place
                if what == "letter":
                    self._moves[letter] = self._moves.get(letter, 0) | here
                elif what == "one":
                    self._classes[letter] |= here
                else:  # any number of them
                    self._loops[letter] |= here
                    self._skips |= here
                place += 1
            self._ends.append(1 << place)
            place += 1
        self.start = self._closed(self.start)
        fresh = next(letter for letter in "xyzwvuqkj0123456789" + chr(0x4E00) if letter not in self._moves)
        self.letters = "".join(dict.fromkeys([fresh, *self._moves, *("/" if path else "")]))

    def _closed(self, state: int) -> int:
        while (wider := state | (state & self._skips) << 1) != state:
            state = wider
        return state

    def step(self, state: int, letter: str) -> int:
        slash = letter == "/"
        moves = self._moves.get(letter, 0) | self._classes[_ANY] | self._classes[_PIECE]
        loops = self._loops[_ANY] | self._loops[_PIECE]
        if not slash:
            moves |= self._classes[_SEGMENT]
            loops |= self._loops[_SEGMENT]
        return self._closed((state & moves) << 1 | state & loops)

    def accepted(self, state: int) -> int:
        return sum(1 << number for number, end in enumerate(self._ends) if state & end)

    def accepts(self, value: str) -> int:
        state = self.start
        for letter in value:
            state = self.step(state, letter)
        return self.accepted(state)


def _steps(pattern: str, path: bool) -> list[tuple[str, str]]:
    if path and is_template(pattern):
        steps: list[tuple[str, str]] = []
        rest = pattern
        while rest:
            if rest.startswith("{**}"):
                steps, rest = [*steps, ("many", _PIECE)], rest[4:]
            elif rest.startswith("{*}"):
                steps, rest = [*steps, ("one", _SEGMENT), ("many", _SEGMENT)], rest[3:]
            else:
                steps, rest = [*steps, ("letter", rest[0])], rest[1:]
        return steps
    if pattern == "*":
        return [("one", _ANY), ("many", _ANY)]
    if pattern.startswith("*"):
        return [("many", _ANY), *(("letter", letter) for letter in pattern[1:])]
    if pattern.endswith("*"):
        return [*(("letter", letter) for letter in pattern[:-1]), ("many", _ANY)]
    return [("letter", letter) for letter in pattern]
