"""The README's tables of keys, made from the key map: ``python -m tests.explorer.readme_keys``."""

from pathlib import Path

from convscope.tui.explorer.help_page import TITLES
from convscope.tui.explorer.keymap import KEYS, hints, rows, symbol

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- made by python -m tests.explorer.readme_keys -->"
SUMMARY = "All keys, with the names by which the config file changes them"
END = "<!-- made so far -->"


def tables() -> str:
    """The keys as the footer has them, and below all of them with their names."""
    short = ["| where | keys |", "| --- | --- |"]
    for pane, title in TITLES.items():
        own = hints(pane, tuple(rows(pane)))
        if own:
            short.append(
                f"| {title} | {', '.join(f'`{each.keys}` {each.label}' for each in own)} |"
            )
    long = ["| name | keys | what they do |", "| --- | --- | --- |"]
    for row in KEYS:
        keys = " ".join(f"`{symbol(key)}`" for key in row.keys)
        long.append(f"| `{row.id}` | {keys} | {row.help} |")
    return "\n".join(
        [
            *short,
            "",
            f"<details><summary>{SUMMARY}</summary>",
            "",
            *long,
            "",
            "</details>",
        ]
    )


def with_tables(readme: str) -> str:
    """Put the tables between the two marks of a README."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, "the README has lost its marks"
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
