"""Load, memory, power and temperature of GPUs, where there are any."""

import pytest

from convscope.core.runner.gpu_figures import GpuFigures
from convscope.core.runner.live import Live
from convscope.tui.explorer.feed import WorkerState
from convscope.tui.explorer.gpu_words import gpu_words
from convscope.tui.explorer.queue_words import now_lines
from tests.explorer.driving import settle

GIB = 2**30
BUSY = GpuFigures(97, 3 * GIB, 139 * GIB, 412.3, 61)
COOL = GpuFigures(3, 1 * GIB, 139 * GIB, 70, 35)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ([], []),
        ([BUSY], ["97%", "3.0 of 139 GB", "412 W", "61 °C"]),
        ([BUSY, COOL], ["50%", "4.0 of 278 GB", "482 W", "61 °C"]),
        ([GpuFigures(memory_used=GIB, memory_total=10 * GIB)], ["1.0 of 10 GB"]),
        ([GpuFigures()], []),
        ([GpuFigures(load=0, celsius=0)], ["0%", "0 °C"]),
    ],
)
def test_figures_in_words(figures, said):
    assert gpu_words(figures) == said


def working(feed):
    lives = [Live(device="NVIDIA H200", precision="bfloat16", memory="2.0 of 139 GB")] * 2
    feed.live = lives[0]
    feed.workers = [WorkerState("GPU-1", live=lives[0]), WorkerState("GPU-2", live=lives[1])]


async def test_the_header_tells_them_beside_the_device(app, feed):
    working(feed)
    async with app.run_test(size=(200, 60)) as pilot:
        await settle(pilot)
        assert "NVIDIA H200 · bfloat16 · 2.0 of 139 GB" in app.screen.header.render().plain
        feed.gpus = {"GPU-1": BUSY, "GPU-2": COOL, "GPU-3": BUSY}  # nothing works on the third
        app.screen.poll()
        said = "NVIDIA H200 · 50% · 4.0 of 278 GB · 482 W · 61 °C · bfloat16"
        assert said in app.screen.header.render().plain


async def test_a_narrow_header_leaves_figures_out_from_the_end(app, feed):
    working(feed)
    feed.gpus = {"GPU-1": BUSY}
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        said = app.screen.header.render().plain
        assert "NVIDIA H200 · 97% · 3.0 of 139 GB" in said
        assert "bfloat16" not in said
        assert "+ 0  ▸ 0" in said, "they tell more than the words of counts"


def test_the_queue_tells_them_of_each_worker(feed):
    working(feed)
    feed.gpus = {"GPU-2": BUSY}
    assert [text for text, _ in now_lines(feed, "", "W")] == [
        "NVIDIA H200: loading",
        "NVIDIA H200: loading · 97% · 3.0 of 139 GB · 412 W · 61 °C",
    ]
