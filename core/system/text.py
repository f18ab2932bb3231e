"""Foreign text made harmless for a terminal.

File names, layer names in a checkpoint and error texts of libraries may hold escape sequences,
control characters or bidirectional overrides. Neither Textual nor rich removes them.
"""

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

Found = TypeVar("Found")

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidi lives there), surrogate, private, unassigned, line and paragraph breaks."""


def printable(text: object, limit: int = 400) -> str:
    """Return ``text`` on one line with every character that could drive a terminal made visible.

    Args:
        text: anything; it is converted by ``str``.
        limit: longest result in characters; what is cut is marked by an ellipsis.
    """
    safe = "".join(
        char if unicodedata.category(char) not in _UNSAFE_CATEGORIES else _visible(char)
        for char in str(text)[: limit + 1]
    )
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def _visible(char: str) -> str:
    if char in "\n\r\t":
        return " "
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def reason(error: Exception) -> str:
    """Return the system's words for an error in brackets after a space; '' where it has none."""
    return f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""


def nearest(word: str, choices: Iterable[str], count: int = 3) -> str:
    """Return the choices most like ``word``, joined for a sentence; '' where none is alike."""
    import difflib  # noqa: PLC0415  after a mistake only

    return ", ".join(difflib.get_close_matches(word, list(choices), n=count, cutoff=0.5))


def matching(typed: str, found: Iterable[Found], text_of: Callable[[Found], str]) -> list[Found]:
    """Return those in whose text all typed words occur, in any order; first, what begins so.

    Args:
        typed: words or parts of them, in any case.
        found: what is searched.
        text_of: returns the text of one, in lower case.
    """
    words = typed.lower().split()
    kept = [each for each in found if all(word in text_of(each) for word in words)]
    return sorted(kept, key=lambda each: not text_of(each).startswith(" ".join(words)))


def unfit(text: str) -> str:
    """Say why a text cannot be a setting, which has to be printable; '' where it can."""
    if not text.strip():
        return "it is empty"
    if printable(text, len(text)) != text:
        return "it holds characters that cannot be shown"
    return ""
