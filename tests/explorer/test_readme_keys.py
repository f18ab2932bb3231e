"""The README tells the keys there are."""

from convscope.tui.explorer.keymap import KEYS
from tests.explorer.readme_keys import README, tables, with_tables


def test_the_readme_has_the_tables_of_the_key_map():
    """Where this fails: python -m tests.explorer.readme_keys."""
    readme = README.read_text()
    assert with_tables(readme) == readme


def test_every_row_is_in_the_tables():
    lines = tables().splitlines()
    assert [row.id for row in KEYS if sum(f"| `{row.id}` |" in line for line in lines) != 1] == []
