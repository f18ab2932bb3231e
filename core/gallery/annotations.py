"""What a person notes of a channel: whether it is a favourite, tags, and a note.

Each channel has a small file of its own beside its pictures. So two writers meet only where both
change the same channel, where a lock makes them take turns; and galleries that are copied into each
other, as by ``rsync --update``, keep what was noted in either.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from convscope.core.catalog.targets import Target
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.paths import picture_folder, plain
from convscope.core.system.errors import UserError
from convscope.core.system.files import make_folder, replace_file
from convscope.core.system.locks import lock_within
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable

SUFFIX = "-annotation.json"
FORMAT = 1
MOST_TAGS = 32
LONGEST_TAG = 40
LONGEST_NOTE = 1000
"""Characters, as for tags."""
_LARGEST = 64 * 1024
"""Bytes of a file; none of ours comes near it."""
_PATIENCE = 5.0
"""Seconds to wait for another writer, who needs milliseconds."""


class Annotation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is noted of a channel. Texts of a file are somebody else's: not safe to print."""

    favourite: bool = False
    tags: tuple[str, ...] = ()
    """In alphabetical order."""
    note: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.favourite or self.tags or self.note)

    def has_tag(self, tag: str) -> bool:
        """Whether a tag is among its own, in whatever case."""
        return tag.casefold() in map(str.casefold, self.tags)

    def tagged(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> "Annotation":
        """Return it with tags added or removed.

        Raises:
            UserError: a tag is none, or there are too many.
        """
        gone = {tag.casefold() for tag in remove}
        kept = {tag.casefold(): tag for tag in self.tags if tag.casefold() not in gone}
        for tag in add:
            check_tag(tag)
            kept.setdefault(tag.casefold(), tag)
        if len(kept) > MOST_TAGS:
            raise UserError(f"A channel has at most {MOST_TAGS} tags; remove some first.")
        tags = tuple(kept[folded] for folded in sorted(kept))
        return msgspec.structs.replace(self, tags=tags)

    def noted(self, note: str) -> "Annotation":
        """Return it with another note, on one line.

        Raises:
            UserError: the note is too long.
        """
        note = " ".join(note.split())
        if len(note) > LONGEST_NOTE:
            raise UserError(
                f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(note):,}."
            )
        if not _is_text(note):
            raise UserError("The note contains bytes that are not text; leave them out.")
        return msgspec.structs.replace(self, note=note)

    def starred(self, favourite: bool) -> "Annotation":
        """Return it as that of a favourite, or of none."""
        return msgspec.structs.replace(self, favourite=favourite)


NOTHING = Annotation()


def common(known: Iterable[Annotation]) -> Annotation:
    """Return what some annotations, one at least, have in common.

    A note is common where all are the same.
    """
    first, *others = known
    return Annotation(
        favourite=first.favourite and all(each.favourite for each in others),
        tags=tuple(tag for tag in first.tags if all(each.has_tag(tag) for each in others)),
        note=first.note if all(each.note == first.note for each in others) else "",
    )


def check_tag(tag: str) -> None:
    """Make sure that a text can be a tag: a filter is typed in words.

    Raises:
        UserError: it cannot.
    """
    if not tag or tag.split() != [tag] or "," in tag or printable(tag, len(tag)) != tag:
        raise UserError(
            f"{printable(tag, 60)!r} is not a tag; a tag is a word without spaces and commas, such "
            "as eyes."
        )
    if len(tag) > LONGEST_TAG:
        raise UserError(
            f"The tag {printable(tag, 60)} is too long; a tag has at most {LONGEST_TAG} characters."
        )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Channel(msgspec.Struct, frozen=True):
    """A channel of a network with certain weights."""

    model: str
    weights: Weights
    layer: str
    channel: int

    @property
    def target(self) -> Target:
        """The channel, whatever the weights."""
        return Target(self.model, self.layer, self.channel)

    def path(self, gallery: Path) -> Path:
        """Where its annotation lies, or is to lie."""
        import hashlib  # noqa: PLC0415  the explorer's first frame has none

        identity = (
            self.model,
            self.weights.sha256 or self.weights.name,
            self.layer,
            str(self.channel),
        )
        digest = hashlib.sha256("\0".join(identity).encode("utf-8", "surrogateescape"))
        name = f"{plain(self.layer)}-{self.channel:04d}-{digest.hexdigest()[:8]}{SUFFIX}"
        return picture_folder(gallery, self) / name


class AnnotationFile(Annotation, frozen=True, omit_defaults=True, kw_only=True):
    """A file's content: of one without anything noted, that everything was removed."""

    format: int = FORMAT
    model: str
    weights: str
    weights_sha256: str = ""
    layer: str
    channel: int

    @property
    def of(self) -> Channel:
        """The channel."""
        weights = Weights(self.weights, self.weights_sha256)
        return Channel(self.model, weights, self.layer, self.channel)

    @property
    def annotation(self) -> Annotation:
        """What is noted of it."""
        return Annotation(self.favourite, self.tags, self.note)


def read_annotation(gallery: Path, of: Channel) -> Annotation:
    """Return what is noted of a channel.

    Raises:
        UserError: its file cannot be read, is damaged, or a newer convscope's.
    """
    path = of.path(gallery)
    try:
        return read_file(path).annotation
    except FileNotFoundError:
        return NOTHING
    except OSError as error:
        raise UserError(f"{printable(path)} cannot be read ({error.strerror}).") from error


def annotate(gallery: Path, of: Channel, change: Callable[[Annotation], Annotation]) -> Annotation:
    """Change what is noted of a channel; other writers of the same one wait meanwhile.

    A file stays, though nothing is noted any more: an older copy elsewhere does not come back.

    Args:
        gallery: the folder of the pictures.
        of: the channel.
        change: is given what is noted by now, and returns what is to be.

    Returns:
        What is noted from now on.

    Raises:
        UserError: the gallery cannot be written; the channel's file is damaged, or a newer
            convscope's.
    """
    path = of.path(gallery)
    try:
        make_folder(path.parent)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if not _locked(descriptor):
                raise UserError(
                    f"Another program has held {printable(path.parent)} locked for "
                    f"{_PATIENCE:.0f} s; try again when it is done."
                )
            before = read_annotation(gallery, of)
            after = change(before)
            if after != before:
                content = msgspec.json.format(msgspec.json.encode(_file(of, after)))
                replace_file(path, lambda file: file.write(content + b"\n"))
            return after
        finally:
            os.close(descriptor)
    except OSError as error:
        from convscope.core.gallery.saving import explained  # noqa: PLC0415  few need it

        raise UserError(
            f"Favourites, tags and notes cannot be saved in the gallery: {explained(error, path)}."
        ) from error


def _locked(descriptor: int) -> bool:
    try:
        return lock_within(descriptor, _PATIENCE)
    except OSError:  # no locks there: the last of two writers at the same moment counts
        return True


def _file(of: Channel, told: Annotation) -> AnnotationFile:
    return AnnotationFile(
        favourite=told.favourite,
        tags=told.tags,
        note=told.note,
        model=of.model,
        weights=of.weights.name,
        weights_sha256=of.weights.sha256,
        layer=of.layer,
        channel=of.channel,
    )


def read_file(path: Path) -> AnnotationFile:
    """Read a file of an annotation.

    Raises:
        OSError: it cannot be read.
        UserError: it is damaged, or a newer convscope's.
    """
    with open_regular(path) as file:
        content = file.read(_LARGEST + 1)
    try:
        found = msgspec.json.decode(content, type=AnnotationFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{printable(path)} is damaged; mend it, or remove it.") from error
    if found.format > FORMAT:
        raise UserError(f"{printable(path)} was written by a newer convscope; update convscope.")
    return found
