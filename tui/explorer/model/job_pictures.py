"""What there is to see of a job: its picture, or a frame of it while it is being made. Plain."""

from convscope.core.gallery.paths import result_path
from convscope.core.jobs.rows import Job
from convscope.core.runner.live import Live
from convscope.core.runner.wishes import Watched
from convscope.core.tasks.visualize import Visualize
from convscope.tui.explorer.feed import Feed
from convscope.tui.explorer.model.channel_files import file_at
from convscope.tui.explorer.model.file_words import file_detail
from convscope.tui.explorer.model.filters import Known
from convscope.tui.explorer.model.frames import image_of, name_of
from convscope.tui.explorer.model.gallery import GONE
from convscope.tui.explorer.model.gallery_files import known_by_record
from convscope.tui.explorer.model.items import Detail, Fact
from convscope.tui.explorer.model.pictures import Picture, PictureFile, Pictures, Wanted
from convscope.tui.explorer.model.words import growing_line
from convscope.tui.explorer.queue_words import JOB_MARKS, job_facts, job_target

NOTES = {
    "queued": "not started yet",
    "running": "rendering …",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""In the place of a picture."""


class JobPictures:
    """The pictures of jobs; no file is opened here.

    Args:
        feed: tells what grows.
        pictures: those that were read.
    """

    def __init__(self, feed: Feed, pictures: Pictures) -> None:
        self._feed, self._pictures = feed, pictures

    def wanted(self, job: Job | None) -> list[Wanted]:
        """Name the file that is to be read to show a job."""
        file = _file(job)
        return [] if file is None else self._pictures.want_large(file)

    def keep(self, picture: Picture) -> None:
        """Take over what was found in a file."""
        self._pictures.keep(picture)

    def detail(self, job: Job | None) -> Detail | None:
        """Say all about a job; ``None`` while its picture is still to be read."""
        if job is None:
            return Detail()
        file = _file(job)
        if file is None:
            return self._unfinished(job)
        picture = self._pictures.large(file)
        if picture is None:
            return None
        if not file.changed:
            return Detail(job_target(job), note=GONE.note, facts=job_facts(job))
        known = known_by_record(picture.record, file.name) if picture.record else Known()
        return file_detail(file, known, picture)

    def _unfinished(self, job: Job) -> Detail:
        title, mark = job_target(job), JOB_MARKS[job.state]
        state = Fact("state", f"{mark.sign} {mark.word}", mark.tone)
        for live in self._lives() if job.state == "running" else ():
            for frame in live.frames:
                if frame.key == job.task.digest:
                    step = f"step {live.step} / {live.steps}"
                    return Detail(
                        title,
                        name_of(frame),
                        image_of(frame),
                        facts=[Fact("state", f"{mark.sign} {step}", mark.tone), *job_facts(job)],
                        caption=growing_line(title, frame.preset, live.step, live.steps),
                        grows=frame.key,
                        curve=frame.curve,
                        steps=live.steps,
                    )
        note = NOTES[job.state] if isinstance(job.task, Visualize) else "no picture: photos"
        return Detail(
            title, note=note, facts=[state, *job_facts(job)], caption=f"{title} · {mark.word}"
        )

    def _lives(self) -> list[Live]:
        return [worker.live for worker in self._feed.workers if worker.live] or [self._feed.live]


def watched(job: Job | None) -> list[Watched]:
    """Return whose picture is looked at as it grows, with a job."""
    if job is None or job.state != "running" or not isinstance(job.task, Visualize):
        return []
    return [Watched.of(job.task)]


def _file(job: Job | None) -> PictureFile | None:
    """Return the file of a job's picture, if that is done; one stat."""
    if job is None or job.state != "done" or not isinstance(job.task, Visualize):
        return None
    return file_at(result_path(job.gallery, job.task))
