"""Textual's names of keys."""

from textual.keys import _character_to_key


def key_name(character: str) -> str:
    """Return the name of the key that a character is typed with."""
    return _character_to_key(character)
