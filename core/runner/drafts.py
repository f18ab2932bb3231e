"""What a worker does with wishes: it makes drafts, and goes on with what it began as they change.

A draft that is given up half made may be wanted again within a second: its person moved on, or
came to rest on it. How far it was is kept in memory, whichever pack it was in.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from convscope.core.ascent.checkpoints import Checkpoint
from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.pictures import read_whole, write_picture
from convscope.core.gallery.saving import Refusal, explained, picture_bytes, refusals
from convscope.core.jobs.database import QueueError
from convscope.core.jobs.specs import JobSpec
from convscope.core.runner.daring import Daring
from convscope.core.runner.leasing import LeaseLost
from convscope.core.runner.making import Made, Maker, Making
from convscope.core.runner.queued import Steps, Stopped
from convscope.core.runner.showing import Window
from convscope.core.runner.wishes import Wishes, WishReader
from convscope.core.system.errors import UserError
from convscope.core.system.recent import Recent
from convscope.core.system.text import printable

DOUBT_SECONDS = 2.0
"""How often fulfilled wishes are looked up again: pictures may be deleted."""
RETRY_SECONDS = 60.0
"""Until a draft that failed is tried again: disks are emptied, memory is freed."""
REFUSED_SECONDS = 5.0
"""The same for one that could not be saved: before it is made, a millisecond shows whether it can
be now."""
FATAL_SECONDS = 600.0
"""The same for one during which the worker died."""
BEGUN_KEPT = 256
"""Drafts of which it is remembered how far they were, 150 KB each: two packs of a GPU."""

log = logging.getLogger("convscope.worker")


class _Changed(Exception):  # noqa: N818  nothing went wrong
    """Other drafts are wished for than those of the pack in the making."""


class Drafts:
    """Makes what explorers wish for, in packs of one kind.

    Args:
        state: the state folder.
        slot: the worker's.
        maker: makes the pictures.
        window: told why drafts cannot be made.
    """

    def __init__(self, state: Path, slot: str, maker: Maker, window: Window) -> None:
        self._wishes = WishReader(state)
        self._maker, self._window = maker, window
        self._daring = Daring(state, slot)
        again = time.monotonic() + FATAL_SECONDS
        self._failed: dict[str | Path, float] = dict.fromkeys(self._daring.fatal(), again)
        """Digests of drafts that failed, files that could not be saved; when to try them again."""
        self._whole: set[Path] = set()
        """Drafts that were found undamaged."""
        self._fulfilled: list[Wishes] = []
        """Those whose visible drafts were all there when last looked up."""
        self._next_doubt = 0.0
        self._begun: Recent[JobSpec, Checkpoint] = Recent(BEGUN_KEPT)

    @property
    def are_wished(self) -> bool:
        """Whether an explorer is open."""
        return bool(self._wishes.all())

    def make_peek(self, steps: Steps) -> bool:
        """Make the draft of a channel that somebody rests on; returns whether one was missing."""
        for wishes in self._wishes.all():
            gallery, spec = wishes.folder, wishes.peek
            if spec and self._is_missing(gallery, spec):
                self._make(gallery, [spec], _peeks, steps)
                return True
        return False

    def make_visible(self, steps: Steps) -> bool:
        """Make a pack of the drafts on somebody's screen; returns whether any was missing."""
        if time.monotonic() > self._next_doubt:
            self._fulfilled.clear()
            self._next_doubt = time.monotonic() + DOUBT_SECONDS
        for wishes in self._wishes.all():
            if any(wishes is each for each in self._fulfilled):
                continue
            gallery = wishes.folder
            missing = [spec for spec in wishes.visible if self._is_missing(gallery, spec)]
            if not missing:  # not to be looked up fifty times a second while nothing changes
                self._fulfilled.append(wishes)
            else:
                self._make(gallery, self._pack(missing), _visible, steps)
                return True
        return False

    # ---- which -----------------------------------------------------------------------------

    def _is_missing(self, gallery: Path, spec: JobSpec) -> bool:
        """Whether a draft has to be made; one that lies there damaged counts as missing."""
        path = picture_path(gallery, spec)
        if time.monotonic() < max(self._failed.get(spec.digest, 0), self._failed.get(path, 0)):
            return False
        if path not in self._whole and read_whole(path) is not None:
            self._whole.add(path)
        try:
            return path not in self._whole or not path.exists()
        except OSError:  # a gallery that cannot be looked into: making the draft will say why
            return True

    def _pack(self, missing: Sequence[JobSpec]) -> list[JobSpec]:
        """Return those to be made next: what was begun goes on before anything else begins."""
        first = next((spec for spec in missing if self._moment(spec)), missing[0])
        moment = self._moment(first)
        alike = (spec for spec in missing if spec.packs_with(first))
        pack = [spec for spec in alike if self._moment(spec) == moment]
        return pack[: self._maker.pack_size(first)]

    def _moment(self, spec: JobSpec) -> tuple[int, int | None] | None:
        begun = self._begun.get(spec)
        return begun.moment if begun else None

    # ---- doing it --------------------------------------------------------------------------

    def _make(
        self, gallery: Path, specs: Sequence[JobSpec], wished: "_Which", steps: Steps
    ) -> None:
        """Make a pack while all of it is wished for; else those that are left are put by."""
        specs = self._savable(gallery, specs)
        if not specs:
            return
        begun = [checkpoint for spec in specs if (checkpoint := self._begun.get(spec))]
        making = self._maker.make(specs, begun)
        self._daring.begin(specs)
        try:
            for _, made in steps(making, self._looking(gallery, making, wished)):
                self._save(gallery, made)
        except _Changed:
            for position, checkpoint in making.checkpoints().items():
                self._begun.put(specs[position], checkpoint)
        except (Stopped, LeaseLost, QueueError):
            raise  # the latter of what was made in between
        except Exception as error:
            expected = isinstance(error, UserError)
            log.warning("%s", printable(error), exc_info=None if expected else error)
            self._window.trouble = f"Drafts of {specs[0].target} failed: {printable(error)}"
            again = time.monotonic() + RETRY_SECONDS
            for spec in specs:
                self._failed[spec.digest] = again
                self._begun.discard(spec)
        finally:
            self._daring.end()

    def _save(self, gallery: Path, made: Made) -> None:
        path = picture_path(gallery, made.spec)
        try:
            write_picture(path, made.image, made.record)
            self._window.trouble = ""
        except OSError as error:  # such as a disk that has got full meanwhile
            self._refuse(path, explained(error, path))
        self._begun.discard(made.spec)

    def _savable(self, gallery: Path, specs: Sequence[JobSpec]) -> list[JobSpec]:
        """Return those drafts that can be saved, of a pack; work for the others would be lost."""
        paths = {spec: picture_path(gallery, spec) for spec in specs}
        refused = refusals(paths.values(), picture_bytes(specs[0].recipe.resolution))
        for path, why in refused.items():
            self._refuse(path, why)
        return [spec for spec in specs if paths[spec] not in refused]

    def _refuse(self, path: Path, refused: Refusal) -> None:
        trouble = f"Drafts cannot be saved: {refused}."
        if trouble != self._window.trouble:
            log.warning("a draft is not saved: %s", refused)
        self._window.trouble = trouble
        self._failed[path] = time.monotonic() + REFUSED_SECONDS

    def _looking(self, gallery: Path, making: Making, wished: "_Which") -> Callable[[], None]:
        """Return what is done between two steps: notice that wishes changed."""
        seen: list[Wishes] | None = None

        def look() -> None:
            nonlocal seen
            found = [each for each in self._wishes.all() if each.folder == gallery]
            if seen is not None and _are_same(found, seen):
                return
            seen, wanted = found, wished(found)
            left = (spec for i, spec in enumerate(making.specs) if i not in making.made)
            if not all(spec in wanted and self._is_missing(gallery, spec) for spec in left):
                raise _Changed

        return look


_Which = Callable[[Iterable[Wishes]], Collection[JobSpec]]
"""Which drafts of some wishes a pack may be of."""


def _peeks(wishes: Iterable[Wishes]) -> Collection[JobSpec]:
    return {each.peek for each in wishes if each.peek}


def _visible(wishes: Iterable[Wishes]) -> Collection[JobSpec]:
    """Return what is on a screen; but where somebody rests, that one is made alone, and first."""
    wishes = list(wishes)
    return {spec for each in wishes for spec in each.visible} - set(_peeks(wishes))


def _are_same(one: Sequence[Wishes], other: Sequence[Wishes]) -> bool:
    return len(one) == len(other) and all(map(lambda a, b: a is b, one, other))
