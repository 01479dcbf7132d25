"""Texts that YAML writers get wrong, for the tests of what kgen writes."""

from hypothesis import strategies as st

_INDICATORS = "-:?,[]{}#&*!|>'\"%@`=<~./\\+ \t\n"
_NUMBERS = "0123456789eExXoObB._-+:TZ "
_LINES = " \t\nab#:-"
_UNSEEN = "\x00\x07\x1b\x7f\x85\xa0\xad\u200b\u2028\u2029\u202e\ufeff\ufffe\uffff\r\U000e0001"
_WORDS = (
    "y",
    "n",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "false",
    "null",
    "nan",
    ".inf",
    "0x",
    "0o",
    "<<",
    "---",
    "...",
    "1e3",
)


def texts() -> st.SearchStrategy[str]:
    """Text of all characters but half surrogate pairs, and text of those that matter to YAML."""
    everything = st.characters(exclude_categories=["Cs"])
    return st.one_of(
        st.text(everything, max_size=30),
        st.text(st.sampled_from(_INDICATORS + "ab"), max_size=12),
        st.text(st.sampled_from(_NUMBERS), max_size=12),
        st.text(st.sampled_from(_LINES), max_size=20),
        st.text(st.sampled_from(_UNSEEN + "a \n'\""), max_size=6),
        st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map("".join),
        st.sampled_from(_WORDS).map(str.upper) | st.sampled_from(_WORDS).map(str.capitalize),
    )
