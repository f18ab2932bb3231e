"""A queue in memory, which does what is asked of it and remembers it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from convscope.core.jobs.rows import STATES, Batch, Hold, Job, JobOrder
from convscope.core.jobs.steering import moved
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize

GALLERY = Path("home/someone/pictures/convscope-gallery")


@dataclass
class FakeBatches:
    """Batches of which a test says what became of each job."""

    paused: bool = False
    refusal: str = ""
    requests: list[tuple[str, int | None]] = field(default_factory=list)
    reads: list[tuple[int, int, int]] = field(default_factory=list)
    """Batch, first and count of every reading of jobs."""
    jobs_of: dict[int, list[Job]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    resting: set[int] = field(default_factory=set)
    held: dict[int, Hold] = field(default_factory=dict)
    seconds_per_job: float | None = 2.0
    order: list[int] = field(default_factory=list)
    """The batches as they run, also those that have ended."""

    def put(self, name: str, tasks: Sequence[Visualize], *states: str, error: str = "") -> int:
        """Add a batch; the last state is that of all further jobs. Returns its number."""
        number = len(self.names) + 1
        first = sum(len(jobs) for jobs in self.jobs_of.values()) + 1
        self.names[number] = name
        self.order.append(number)
        self.jobs_of[number] = [
            _job(first + i, number, task, states[min(i, len(states) - 1)], error)
            for i, task in enumerate(tasks)
        ]
        return number

    def all(self) -> list[Batch]:
        return [self._batch(number) for number in sorted(self.names, reverse=True)]

    def _batch(self, number: int) -> Batch:
        found = [job.state for job in self.jobs_of[number]]
        counts = {state: found.count(state) for state in STATES}
        is_open = counts["queued"] or counts["running"]
        mean = self.seconds_per_job
        left = mean * (counts["queued"] + counts["running"]) if is_open and mean else None
        paused = number in self.resting
        return Batch(
            number,
            self.names[number],
            0.0,
            paused,
            **counts,
            seconds_left=left,
            position=self._open().index(number) + 1 if is_open else 0,
            hold=self.held.get(number),
        )

    def _open(self) -> list[int]:
        is_open = ("queued", "running")
        return [
            number
            for number in self.order
            if any(job.state in is_open for job in self.jobs_of.get(number, ()))
        ]

    def numbers(self, batch: int, order: JobOrder = JobOrder.QUEUED) -> list[int]:
        return [job.id for job in self._sorted(batch, order)]

    def jobs(
        self, batch: int, first: int, count: int, order: JobOrder = JobOrder.QUEUED
    ) -> list[Job]:
        self.reads.append((batch, first, count))
        return self._sorted(batch, order)[first : first + count]

    def _sorted(self, batch: int, order: JobOrder) -> list[Job]:
        jobs = self.jobs_of[batch]
        if order is JobOrder.ACTIVATION:
            return sorted(jobs, key=lambda job: -(job.activation or 0))
        return jobs if order is JobOrder.QUEUED else sorted(jobs, key=lambda job: job.state)

    def failed(self, batch: int) -> list[int]:
        return [job.id for job in self.jobs_of[batch] if job.state == "failed"]

    def pause(self, batch: int | None = None) -> None:
        self._note("pause", batch)
        if batch is None:
            self.paused = True
        else:
            self.resting.add(batch)

    def resume(self, batch: int | None = None) -> None:
        self._note("resume", batch)
        if batch is None:
            self.paused = False
        else:
            self.resting.discard(batch)

    def cancel(self, batch: int, jobs: Collection[int] | None = None) -> int:
        self._note("cancel", batch)
        return self._change(batch, ("queued", "running"), "cancelled", jobs)

    def retry(self, batch: int, jobs: Collection[int] | None = None) -> int:
        self._note("retry", batch)
        return self._change(batch, ("failed", "cancelled"), "queued", jobs)

    def put_first(self, batch: int, jobs: Collection[int] | None = None) -> int:
        self._note("first", batch)
        if jobs is None:
            self.order = moved(self.order, [batch], -len(self.order))
        return self._change(batch, ("queued",), "queued", jobs)

    def move(self, batches: Collection[int], by: int) -> bool:
        self._note("move", by)
        before = self._open()
        after = moved(before, batches, by)
        # Those that have ended keep a place: a retry opens them again.
        self.order = after + [number for number in self.order if number not in after]
        return after != before

    def _note(self, what: str, batch: int | None) -> None:
        if self.refusal:
            raise UserError(self.refusal)
        self.requests.append((what, batch))

    def _change(
        self, batch: int, states: tuple[str, ...], to: str, only: Collection[int] | None
    ) -> int:
        jobs = self.jobs_of[batch]
        changed = {
            job.id for job in jobs if job.state in states and (only is None or job.id in only)
        }
        self.jobs_of[batch] = [replace(job, state=to) if job.id in changed else job for job in jobs]
        return len(changed)


def _job(number: int, batch: int, task: Visualize, state: str, error: str) -> Job:
    job = Job(number, batch, task, GALLERY, state, int(state != "queued"))
    if state == "done":
        verdict = ("excited", "weak", "silent", "diverged")[task.channel % 4]
        return replace(job, activation=10.0 * 7 ** (task.channel % 5), verdict=verdict)
    return replace(job, error=error) if state == "failed" else job
