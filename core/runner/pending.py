"""Claimed jobs on their way: where each goes on, and which go on together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from convscope.core.ascent.moments import moment_of
from convscope.core.gallery.outputs import Output, output_of
from convscope.core.jobs.rows import Job
from convscope.core.tasks.kinds import Task


@dataclass
class Claimed:
    """A claimed job, and what the gallery knows of it."""

    job: Job

    @property
    def output(self) -> Output:
        """What the gallery knows of its kind."""
        return output_of(self.job.task)

    @cached_property
    def path(self) -> Path:
        """Where its picture is to lie."""
        return self.output.path(self.job.gallery, self.job.task)


@dataclass
class Pending(Claimed):
    """A claimed job that is not ended yet."""

    checkpoint: bytes | None
    is_alone: bool = False
    """Whether it is made without others: a pack it was in failed, by which of them is unknown."""
    has_ended: bool = False
    """Whether it failed, or its result was given to the writers."""

    @property
    def moment(self) -> tuple[object, ...]:
        """What jobs have to share to go on together."""
        if self.is_alone:
            return (self.job.id,)
        return moment_of(self.checkpoint) if self.checkpoint else ()

    @property
    def is_suspect(self) -> bool:
        """Whether a worker died when it had this job."""
        return self.job.attempt > 1


def together(pending: Sequence[Pending]) -> list[Pending]:
    """Return the first jobs that go on from one step; none twice, for the second finds the first's.

    What has begun goes first: its checkpoints may be lost while others are made.
    """
    moment = max((each.moment for each in pending), key=len)
    jobs: dict[Task, Pending] = {}
    for each in pending:
        if each.moment == moment:
            jobs.setdefault(each.job.task, each)
    return list(jobs.values())


def still_to_do(pending: Sequence[Pending]) -> list[Pending]:
    """Return those that have not ended."""
    return [each for each in pending if not each.has_ended]
