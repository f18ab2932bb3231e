"""The photos that a command is given: a file, a folder, or what comes on standard input."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.core.system.errors import UserError
from convscope.core.system.named_files import typed_path
from convscope.core.system.text import printable
from convscope.tui.commands.output import note

if TYPE_CHECKING:  # Pillow, for those who have photos
    from convscope.core.system.photos import Photo

STDIN = "-"


@dataclass
class TypedPhotos:
    """Photos as they were named; iterating reads them, and says which files are none.

    Raises:
        UserError: there is no such photo, or none in the folder.
    """

    text: str

    def __post_init__(self) -> None:
        is_path = self.text != STDIN
        self._path = typed_path(self.text, "The photo", "check the path") if is_path else None
        self.is_folder = self._path is not None and self._path.is_dir()
        """Whether there may be several."""
        self._left_out: set[Path] = set()
        if self._path is None and sys.stdin.isatty():
            raise UserError("There is no photo on standard input; add < PHOTO to the command.")

    def __iter__(self) -> Iterator[tuple[str, "Photo"]]:
        """Yield each with its name; a folder's in the order of their names."""
        from convscope.core.system.photos import MAX_BYTES, decode_photo, read_photo  # noqa: PLC0415

        if self._path is None:
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
            yield "stdin", decode_photo(content, "on standard input")
        elif not self.is_folder:
            yield self._path.name, read_photo(self._path)
        else:
            yield from self._in_folder(self._path)

    def _in_folder(self, folder: Path) -> Iterator[tuple[str, "Photo"]]:
        from convscope.core.system.photos import read_photo  # noqa: PLC0415

        try:
            files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
            files = [path for path in files if path.is_file()]
        except OSError as error:
            raise UserError(
                f"The folder {printable(folder)} cannot be read ({error.strerror}); choose another "
                "one."
            ) from error
        count = 0
        for path in files:
            try:
                photo = read_photo(path)
            except UserError:
                if path not in self._left_out:
                    self._left_out.add(path)
                    note(f"{printable(path.name, 80)} is not a readable photo; it is left out.")
                continue
            count += 1
            yield path.name, photo
        if not count:
            raise UserError(
                f"There is no photo in the folder {printable(folder)}; name another one."
            )
