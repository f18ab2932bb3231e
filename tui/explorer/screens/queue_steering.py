"""The keys that steer the queue: what they mean is what the pane with the keys has chosen."""

from abc import abstractmethod
from collections.abc import Callable, Sequence

from convscope.core.jobs.rows import Batch, Job
from convscope.core.system.errors import UserError
from convscope.tui.explorer.keymap import Pane
from convscope.tui.explorer.model.batches import BatchChoice
from convscope.tui.explorer.screens.base import FullScreen
from convscope.tui.explorer.steering import Steering

EMPTY = "nothing has been queued yet"


class QueueSteering(FullScreen):
    """Steers what is chosen or marked, says what came of it, and shows it."""

    choice: BatchChoice
    steering: Steering

    @abstractmethod
    def job_numbered(self, number: int) -> Job | None:
        """Return a job of the chosen batch by its number."""

    def action_pause(self) -> None:
        """Pause the meant batches, or resume them."""
        if self.pane is Pane.JOBS and self.choice.batch is not None:
            self.toasts.tell(self.steering.pause_job())
        else:
            self._steer(self.steering.pause)

    def action_cancel(self) -> None:
        """Cancel the meant jobs, or the remaining ones of the meant batches."""
        self._steer(self.steering.cancel, self.steering.cancel_jobs)

    def action_retry(self) -> None:
        """Queue the meant jobs, or what failed or was cancelled of the meant batches, again."""
        self._steer(self.steering.retry, self.steering.retry_jobs)

    def action_put_first(self) -> None:
        """Run the meant batches next, or the meant jobs first of their batch."""
        self._steer(self.steering.put_first, self.steering.put_jobs_first)

    def action_order(self, by: int) -> None:
        """Run the meant batches sooner (-1) or later (1)."""
        self._steer(lambda chosen: self.steering.move(chosen, by))

    def action_pause_queue(self) -> None:
        """Pause the whole queue, or resume it."""
        self._do(self.steering.pause_queue)

    def _steer(
        self,
        act: Callable[[Sequence[Batch]], str],
        act_on_jobs: Callable[[Batch, Sequence[int], Job | None], str] | None = None,
    ) -> None:
        """Do something to what the pane with the keys shows."""
        batch, meant = self.choice.batch, self.choice.meant_jobs
        if batch is None:
            self.toasts.tell(EMPTY)
        elif self.pane is Pane.JOBS and act_on_jobs is not None:
            one = self.job_numbered(meant[0]) if len(meant) == 1 else None
            self._do(lambda: act_on_jobs(batch, meant, one))
        else:
            self._do(lambda: act(self.choice.meant))

    def _do(self, act: Callable[[], str]) -> None:
        try:
            said = act()
        except UserError as error:
            self.toasts.wrong(str(error))
            return
        self.toasts.tell(said)
        self.poll(changed=True)
