"""What a filter may ask of a picture, as its name or its record tells it. Plain."""

import re
from dataclasses import dataclass

from convscope.core.gallery.records import Record

_PICTURE = re.compile(
    r"(?P<layer>[\w.]+)-(?P<channel>\d{4,9})-(?P<preset>[\w.]+)-\d+px-s(?P<seed>\d{1,10})(v\d+)?"
    r"-[0-9a-f]{8}\.png",
    re.ASCII,
)
"""As :func:`convscope.core.gallery.paths.picture_path` writes it."""
_SHEET = re.compile(
    r"(?P<layer>[\w.]+)-[\w-]+-(?P<preset>[\w.]+)-\d+px-s(?P<seed>\d{1,10})-\d+x\d+"
    r"-[0-9a-f]{8}-sheet\.png",
    re.ASCII,
)
"""As :func:`convscope.core.gallery.sheets.sheet_path` does."""
SHEET_SUFFIX = "-sheet.png"


@dataclass(frozen=True, slots=True)
class Brief:
    """A picture in the few values that are kept for all of them."""

    layer: str = ""
    channel: int | None = None
    """``None`` for contact sheets, and while it is not known."""
    preset: str = ""
    seed: int | None = None
    activation: float | None = None
    verdict: str = ""
    whole: bool = False
    """There is no more to learn: the record was read, or there is none."""

    @property
    def title(self) -> str:
        """Its channel, or the layer of a sheet; '' where neither is known. Not safe to print."""
        return self.layer if self.channel is None else f"{self.layer}:{self.channel}"


def brief_of_name(name: str) -> Brief:
    """Read what the name of a file tells; the record may be opened later, or never."""
    if (picture := _PICTURE.fullmatch(name)) is not None:
        return Brief(
            picture["layer"], int(picture["channel"]), picture["preset"], int(picture["seed"])
        )
    if (sheet := _SHEET.fullmatch(name)) is not None:
        return Brief(sheet["layer"], None, sheet["preset"], int(sheet["seed"]), whole=True)
    return Brief(whole=is_sheet(name))


def brief_of_record(record: Record) -> Brief:
    """Take what counts from a record."""
    return Brief(
        record.layer,
        record.channel,
        record.recipe.preset,
        record.seed,
        record.activation,
        record.verdict,
        whole=True,
    )


def is_sheet(name: str) -> bool:
    """Whether a file is a contact sheet, by its name."""
    return name.endswith(SHEET_SUFFIX)
