"""The kinds of requests that the policies of one door, and what is asked there, tell apart: a finite set, as bits.

A kind is a method, a path, a host and a token, each standing for all that the same patterns match; and beside all of
them whatever is no HTTP request.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from kgen.proof.calls import Ask, Call
from kgen.proof.istio.patterns import Kind, kinds, matches
from kgen.proof.istio.policies import TOKEN, Jwt, Part, Rule
from kgen.proof.spaces import bits
from kgen.records import NamedTuple
from kgen.topology.types import Token

MOST_SHOWN = 3
Atom = tuple[str, str]  # attribute of a token, pattern
Bearer = frozenset[Atom]  # what is true of one kind of token
NO_TOKEN: Bearer = frozenset((("", "none"),))


class Patterns(NamedTuple):
    """Everything that tells requests apart at one door."""

    methods: tuple[str, ...]
    paths: tuple[str, ...]
    hosts: tuple[str, ...]
    atoms: tuple[Atom, ...]
    issuers: tuple[str, ...]  # whose tokens are verified there


class Space:
    """The kinds by number; the last is what is no HTTP request."""

    def __init__(self, patterns: Patterns) -> None:
        self.patterns = patterns
        self._methods = kinds(patterns.methods)
        self._paths = kinds(patterns.paths, True)
        self._hosts: tuple[Kind, ...] = kinds(patterns.hosts) if patterns.hosts else (Kind("", 0),)
        self._tokens = tuple(_tokens(patterns.atoms, patterns.issuers))
        sizes = [len(self._methods), len(self._paths), len(self._hosts), len(self._tokens)]
        self.http_count = sizes[0] * sizes[1] * sizes[2] * sizes[3]
        self.http = (1 << self.http_count) - 1
        self.raw = 1 << self.http_count
        self.all = self.http | self.raw
        self._values: list[list[int]] = [[0] * size for size in sizes]
        for number in range(self.http_count):
            for dimension, at in enumerate(self._split(number)):
                self._values[dimension][at] |= 1 << number
        self._known: dict[tuple[str, str], int] = {}
        self.tokens = len(self._tokens)  # kinds of them, none included

    def _split(self, number: int) -> tuple[int, int, int, int]:
        number, token = divmod(number, len(self._tokens))
        number, host = divmod(number, len(self._hosts))
        method, path = divmod(number, len(self._paths))
        return method, path, host, token

    def having(self, attribute: str, pattern: str) -> int:
        """The HTTP requests whose attribute a pattern matches; the pattern is one that the space was made with."""
        key = (attribute, pattern)
        if key not in self._known:
            self._known[key] = self._having(attribute, pattern)
        return self._known[key]

    def _having(self, attribute: str, pattern: str) -> int:
        places = {
            "methods": (0, self._methods, self.patterns.methods),
            "paths": (1, self._paths, self.patterns.paths),
            "hosts": (2, self._hosts, self.patterns.hosts),
        }
        found = 0
        if attribute in places:
            dimension, values, known = places[attribute]
            bit = 1 << known.index(pattern.lower() if attribute == "hosts" else pattern)
            for at, kind in enumerate(values):
                if kind.matched & bit:
                    found |= self._values[dimension][at]
            return found
        for at, bearer in enumerate(self._tokens):
            if (attribute, pattern) in bearer:
                found |= self._values[3][at]
        return found

    def taken(self, request: int, issuers: Iterable[str]) -> int:
        """The kind, by number, that a request is of where only tokens of these issuers count as one."""
        if request >= self.http_count:
            return request
        token = request % len(self._tokens)
        known = any(("requestPrincipals", f"{issuer}/*") in self._tokens[token] for issuer in issuers)
        return request if known else request - token

    def asked(self, asks: Iterable[Ask], token: Token | None) -> int:
        """The requests of a call, with their token. Everything for no asks."""
        given = tuple(asks)
        found = 0
        for ask in given:
            by_method = by_path = 0
            for method in ask.methods:
                by_method |= self.having("methods", method)
            for path in ask.paths:
                by_path |= self.having("paths", path)
            found |= by_method & by_path
        if not given:
            found = self.all
        if token is not None:
            borne = self.having("requestPrincipals", f"{token.issuer}/*")
            for claim in token.claims:
                having = 0
                for value in claim.values:
                    having |= self.having(f"claim [{claim.name}]", value)
                borne &= having
            found &= borne
        return found

    def text(self, of: int) -> str:
        """Requests for people: `POST /, GET /card`, `any other request`, `every request`."""
        if of == self.all:
            return "every request"
        if of == self.raw:
            return "what is no HTTP request"
        if of & self.http == self.http:
            return "every HTTP request"
        found: dict[str, None] = {}
        bare = 0
        for at, bearer in enumerate(self._tokens):
            if bearer == NO_TOKEN and len(self._tokens) > 1:
                bare = self._values[3][at]
        suffix = ""
        if len(self._tokens) > 1 and of & self.http and not of & self.http & ~bare:
            suffix = " without a token"
        elif len(self._tokens) > 1 and any(not values & of for values in self._values[3]):
            suffix = " with some tokens"
        by_path: dict[int, list[int]] = {}
        for number in bits(of & self.http):
            method, path, _, _ = self._split(number)
            row = by_path.setdefault(path, [])
            if method not in row:
                row.append(method)
        whole = [path for path, methods in by_path.items() if len(methods) == len(self._methods)]
        if len(whole) == len(self._paths):
            found[f"every HTTP request{suffix}"] = None
            by_path = {}
        for path, methods in sorted(by_path.items()):
            named = self._paths[path]
            what = named.witness if named.matched else "any other path"
            if len(methods) == len(self._methods):
                how = "any method"
            else:
                known = [self._methods[m].witness for m in methods if self._methods[m].matched]
                other = ["any other method"] if any(not self._methods[m].matched for m in methods) else []
                how = ", ".join([*known, *other])
            found[f"{how} {what}{suffix}"] = None
        if of & self.raw:
            found["what is no HTTP request"] = None
        shown = list(found)
        more = f" and {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
        return "; ".join(shown[:MOST_SHOWN]) + more

    def of_request(self, method: str, path: str) -> int:
        """The kinds that one method and path are of; any method or path where it is empty."""
        found = self.http if method or path else self.all
        for dimension, value, values, known, is_path in (
            (0, method, self._methods, self.patterns.methods, False),
            (1, path, self._paths, self.patterns.paths, True),
        ):
            if not value:
                continue
            vector = sum(1 << at for at, pattern in enumerate(known) if matches(pattern, value, is_path))
            of = 0
            for at, kind in enumerate(values):
                if kind.matched == vector:
                    of |= self._values[dimension][at]
            found &= of
        return found


def patterns_of(rules: Iterable[Rule], jwts: Iterable[Jwt], calls: Iterable[Call]) -> Patterns:
    """What these rules and calls speak of."""
    found: dict[str, dict[str, None]] = {"methods": {}, "paths": {}, "hosts": {}}
    atoms: dict[Atom, None] = {}
    for rule in rules:
        for parts in (*rule.sources, *rule.operations, rule.when):
            for part in parts:
                for value in (*part.values, *part.refused):
                    if part.attribute in found:
                        found[part.attribute][value.lower() if part.attribute == "hosts" else value] = None
                    elif is_of_token(part):
                        atoms[part.attribute, value] = None
    for call in calls:
        for ask in call.asks:
            found["methods"].update(dict.fromkeys(ask.methods))
            found["paths"].update(dict.fromkeys(ask.paths))
        if call.token is not None:
            atoms["requestPrincipals", f"{call.token.issuer}/*"] = None
            for claim in call.token.claims:
                atoms.update(((f"claim [{claim.name}]", value), None) for value in claim.values)
    return Patterns(
        tuple(sorted(found["methods"])),
        tuple(sorted(found["paths"])),
        tuple(sorted(found["hosts"])),
        tuple(sorted(atoms)),
        tuple(sorted({jwt.issuer for jwt in jwts})),
    )


def is_of_token(part: Part) -> bool:
    return part.attribute in TOKEN or part.attribute.startswith("claim ")


@lru_cache(maxsize=1024)
def space_of(patterns: Patterns) -> Space:
    return Space(patterns)


@lru_cache(maxsize=1024)
def raw_space() -> Space:
    """Of a door that reads no requests."""
    return Space(Patterns((), (), (), (), ()))


def _tokens(atoms: tuple[Atom, ...], issuers: tuple[str, ...]) -> Iterator[Bearer]:
    """No token, then every kind of token that would be taken: of an issuer whose tokens are verified."""
    yield NO_TOKEN
    if not atoms or not issuers:
        return
    by_attribute: dict[str, list[str]] = {"requestPrincipals": [f"{issuer}/*" for issuer in issuers]}
    for attribute, pattern in atoms:
        by_attribute.setdefault(attribute, []).append(pattern)
    found: list[Bearer] = [frozenset()]
    for attribute, given in by_attribute.items():
        patterns = tuple(dict.fromkeys(given))
        of = kinds(patterns)
        if attribute == "requestPrincipals":
            verified = sum(1 << patterns.index(f"{issuer}/*") for issuer in issuers)
            of = tuple(kind for kind in of if kind.matched & verified)
        elif not any(kind.matched == 0 for kind in of):
            of = (*of, Kind("", 0))  # a token need not have the claim
        choices = [frozenset((attribute, patterns[at]) for at in bits(kind.matched)) for kind in of]
        found = [one | choice for one in found for choice in dict.fromkeys(choices)]
    yield from found
