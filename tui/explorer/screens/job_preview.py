"""The picture of the job that is chosen in the queue, beside the lists or on the whole screen."""

import asyncio
from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from convscope.core.jobs.rows import Job
from convscope.tui.explorer.model.items import Detail
from convscope.tui.explorer.model.job_pictures import JobPictures
from convscope.tui.explorer.model.pictures import read
from convscope.tui.explorer.render.painter import Painter
from convscope.tui.explorer.screens.zoom import Step, ZoomScreen
from convscope.tui.explorer.widgets.job_pane import JobPane


class JobPreview:
    """Reads the picture in a thread when it is to be seen; until then the one before stays.

    Args:
        screen: the queue's.
        job: tells the chosen job.
        pictures: those of jobs.
        painter: draws them.
    """

    def __init__(
        self,
        screen: Screen[Any],
        job: Callable[[], Job | None],
        pictures: JobPictures,
        painter: Painter,
    ) -> None:
        self.pane = JobPane(painter)
        self._screen, self._job, self._pictures, self._painter = screen, job, pictures, painter
        self._zoom: ZoomScreen | None = None
        self.reads = False
        """Whether a file is being read."""

    def show(self) -> None:
        """Show the chosen job."""
        if not (self._screen.has_class("-wide") or self._zoom is not None):
            return
        detail = self._detail()
        if detail is not None:
            self.pane.show(detail)
        elif not self.reads:
            self.reads = True
            self._screen.run_worker(self._read, group="read")  # type: ignore[arg-type]  # mypy expects Never

    def zoom(self, step: Step) -> None:
        """Show it on the whole screen, where one can go to the next job or the one before."""
        self._zoom = ZoomScreen(self._detail, step, self._painter)
        self._screen.app.push_screen(self._zoom, self._zoomed_out)
        self.show()

    def _zoomed_out(self, _: None) -> None:
        self._zoom = None

    def _detail(self) -> Detail | None:
        return self._pictures.detail(self._job())

    async def _read(self) -> None:
        try:
            while wanted := self._pictures.wanted(self._job()):
                self._pictures.keep(await asyncio.to_thread(read, wanted[0]))
        finally:
            self.reads = False
        self.show()
