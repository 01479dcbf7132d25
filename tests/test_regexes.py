"""Regular expressions that are compiled late: the same answers, and nobody else notices."""

import copy
import re
import subprocess
import sys

import pytest

from kgen.regexes import ASCII, Regex, postponed


def test_it_answers_as_the_pattern_does() -> None:
    late, real = Regex(r"(\w+)-\d", ASCII), re.compile(r"(\w+)-\d", re.ASCII)
    for text in ("ab-1", "xab-12", "ä-1", ""):
        for method in ("match", "fullmatch", "search"):
            found, wanted = getattr(late, method)(text), getattr(real, method)(text)
            assert (found and found.groups()) == (wanted and wanted.groups())
    assert late.sub("_", "a-1 b-2") == "_ _"
    assert (late.pattern, late.flags, late.groups) == (real.pattern, real.flags, real.groups)
    assert copy.deepcopy(Regex("a")).match("a")


def test_a_wrong_pattern_is_told_at_its_first_use() -> None:
    late = Regex("(")
    with pytest.raises(re.error):
        late.match("")


def test_only_the_package_itself_gets_it() -> None:
    compile = re.compile
    names = {"__name__": "some.module", "re": re}
    with postponed("some"):
        exec("made = re.compile('a', re.I)", names)
        here = re.compile("a")
    assert re.compile is compile
    assert isinstance(names["made"], Regex)
    assert isinstance(here, re.Pattern)
    with pytest.raises(ZeroDivisionError), postponed("some"):
        raise ZeroDivisionError
    assert re.compile is compile


def test_pyyaml_is_for_others_what_it_was() -> None:
    """Its own parser and its own scalars, after kgen has imported it with its expressions uncompiled."""
    text = "{a: 1_000, b: 2001-12-14t21:59:43.10-05:00, c: 1.5e+3, d: yes, e: 0x1F, f: ~, g: '2001-01-01', h: 1:30}"
    code = (
        "import sys\n{first}\nimport yaml\nfrom yaml.constructor import SafeConstructor\n"
        "print(type(SafeConstructor.timestamp_regexp).__name__)\n"
        f"for way in (yaml.SafeLoader, yaml.CSafeLoader): print(yaml.load({text!r}, Loader=way))\n"
        "print(yaml.safe_dump(yaml.safe_load('[on, 1e3, 12, 2001-01-01]')))\n"
        "try: yaml.load('a\\x00b', Loader=yaml.SafeLoader)\n"
        "except yaml.YAMLError as error: print(error)\n"
    )
    kinds, said = [], []
    for first in ("", "import kgen.load.yaml_read"):
        run = [sys.executable, "-c", code.replace("{first}", first)]
        done = subprocess.run(run, capture_output=True, text=True, check=True).stdout
        kind, _, rest = done.partition("\n")
        kinds.append(kind)
        said.append(rest)
    assert kinds == ["Pattern", "Regex"]
    assert said[0] == said[1]
