"""Where the pictures of the chosen layer's channels are: in files of their own, or in the atlas."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.pictures import OURS, PictureFile, Pictures, Place, tile_file


class TaskPicture(NamedTuple):
    """A picture that is there, and the task that asks for it."""

    task: Visualize
    file: PictureFile

    @property
    def path(self) -> Path | None:
        """Where its file lies; ``None`` for a picture of the atlas."""
        return None if self.file.is_tile else self.file.path


class ChannelFiles:
    """Looks once at what it is asked about, until it is told to look again."""

    def __init__(self, feed: Feed, tasks: ChannelTasks, pictures: Pictures) -> None:
        self._feed, self._tasks, self._pictures = feed, tasks, pictures
        self._files: dict[Path, PictureFile] = {}
        """Those that were asked for since the last look."""
        self._channels: dict[Place, int] = {}
        self._bests: dict[int, TaskPicture | None] = {}
        """The best picture of each channel that was asked for since the last look."""

    def look_again(self) -> None:
        """Look anew, with the next questions, at the files: a stat each."""
        self._files.clear()
        self._channels.clear()
        self._bests.clear()

    def all(self, channel: int) -> Iterator[TaskPicture]:
        """Yield the picture of the recipe in use, and then the drafts."""
        yield from self._own(*self._tasks.of([channel]))
        yield from self._drafts(channel)

    def best(self, channel: int) -> TaskPicture | None:
        """Return the first of a channel's pictures that is not known to be damaged."""
        if channel not in self._bests:
            self._bests[channel] = self._first_whole(self.all(channel))
        return self._bests[channel]

    def own(self, task: Visualize) -> PictureFile | None:
        """Return the file that was made for a task, damaged or not."""
        path = self._feed.find(task)
        return None if path is None else self._file(path)

    def is_damaged(self, file: PictureFile) -> bool:
        """Whether a file was found unreadable."""
        small, large = self._pictures.small(file), self._pictures.large(file)
        return any(found and found.file == file and found.kind != OURS for found in (small, large))

    def read_of(self, file: PictureFile) -> int | None:
        """Return the channel of a file of which more is known now."""
        channel = self._channels.get(file.place)
        if channel is not None:
            self._bests.pop(channel, None)
        return channel

    # ---- inside ----------------------------------------------------------------------------

    def _drafts(self, channel: int) -> Iterator[TaskPicture]:
        """One's own comes before the one of the atlas."""
        for task in self._tasks.drafts([channel]):
            yield from self._own(task)
            tile = self._feed.find_tile(task)
            if tile is not None:
                yield self._found(task, tile_file(tile))

    def _own(self, task: Visualize) -> Iterator[TaskPicture]:
        file = self.own(task)
        if file is not None:
            yield self._found(task, file)

    def _found(self, task: Visualize, file: PictureFile) -> TaskPicture:
        self._channels[file.place] = task.channel
        return TaskPicture(task, file)

    def _first_whole(self, found: Iterator[TaskPicture]) -> TaskPicture | None:
        return next((each for each in found if not self.is_damaged(each.file)), None)

    def _file(self, path: Path) -> PictureFile:
        """Return a file as of the last look."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = file_at(path)
        return known


def file_at(path: Path) -> PictureFile:
    """Return a file as it is at this moment; one stat."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0
    return PictureFile(str(path.parent), path.name, changed)
