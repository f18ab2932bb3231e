"""What is said of any picture: numbers, and what an ascent came to. Plain.

All that is returned is safe to print: names of files and texts of records are somebody else's.
"""

from collections.abc import Sequence

from convscope.core.gallery.records import Record
from convscope.core.system.text import printable
from convscope.tui.explorer.marks import verdict_mark

PATH_LIMIT = 4096
"""Linux's longest path: one is always shown whole."""
LIMIT = 120
"""Characters of one fact about a picture."""
NO_BREAK = "\u00a0"
"""A space where a line is not to break."""


def number(value: float) -> str:
    """Four digits that matter, thousands apart: ``4,561``, ``12.3``, ``-0.04``."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def aligned(values: Sequence[float]) -> list[str]:
    """Write values that stand below each other: alike in their decimals, the points in a line."""
    largest = max((abs(value) for value in values), default=0.0)
    places = next((places for least, places in ((100, 0), (10, 1), (1, 2)) if largest >= least), 3)
    texts = [f"{value:,.{places}f}" for value in values]
    width = max(map(len, texts), default=0)
    return [text.rjust(width, NO_BREAK) for text in texts]


def ratio(times: float) -> str:
    """Write how many times as much one value is: ``11×``, ``1.4×``."""
    return f"{times:.0f}×" if times >= 10 else f"{times:.1f}×"


def outcome(record: Record) -> str:
    """Say what an ascent came to: the activation and the verdict."""
    mark = verdict_mark(record.verdict)
    return f"{printable(number(record.activation), 24)} {mark.sign}{NO_BREAK}{mark.word}"


def record_line(title: str, record: Record) -> str:
    """Say the most important of a finished picture in one line, wherever that is shown."""
    said = [f"{record.recipe.preset} {record.recipe.resolution} px", f"seed {seed_words(record)}"]
    if record.start_image is not None:
        said.append(f"from {record.start_image.name}")
    return joined(title, outcome(record), *said)


def growing_line(title: str, preset: str, step: int, steps: int) -> str:
    """Say it of one that grows."""
    return joined(title, preset, f"step {step} / {steps}" if steps else "starting")


def seed_words(record: Record) -> str:
    """Write the seed, and which of several variants it is."""
    of = record.recipe.variants
    variant = [f"variant {record.variant + 1} of {of}"] if of > 1 else []
    return joined(str(record.seed), *variant)


def joined(*said: str) -> str:
    """Write several things on a line, which may break between them only."""
    safe = (printable(each, LIMIT).replace(" ", NO_BREAK) for each in said)
    return f"{NO_BREAK}· ".join(safe)
