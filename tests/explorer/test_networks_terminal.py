"""Another network is looked into and left again, by keys alone, in tmux."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torchvision.models import get_model

from convscope.core.catalog.published import published
from tests.conftest import COMMAND
from tests.running import Running, running, until
from tests.tmux import Tmux, tmux

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """torchvision's cache with weights of noise for ResNet-50."""
    folder = tmp_path_factory.mktemp("torch")
    (folder / "hub" / "checkpoints").mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = get_model("resnet50", weights=None).state_dict()
        torch.save(state, folder / "hub" / "checkpoints" / published("resnet50")[0].file)
    return folder


@pytest.fixture
def here(
    cache: Path, tmp_path: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    monkeypatch.setenv("TORCH_HOME", str(cache))
    monkeypatch.setenv("CONVSCOPE_GALLERY", str(gallery))
    with running(tmp_path) as found:
        yield found


@pytest.fixture(params=[(80, 24), (120, 36)], ids=["80x24", "120x36"])
def terminal(
    request: pytest.FixtureRequest, here: Running, tmp_path: Path
) -> Iterator[tuple[Tmux, int, int]]:
    with tmux(str(tmp_path / "tmux")) as found:
        yield found, *request.param


def open_explorer(terminal: tuple[Tmux, int, int]) -> Tmux:
    explorer, columns, rows = terminal
    explorer.open(COMMAND, columns=columns, rows=rows)
    explorer.until(lambda screen: "q quit" in screen)  # on the screen that was last
    return explorer


def pick(explorer: Tmux, name: str, title: str) -> None:
    """Pick a network in the list that M opens."""
    explorer.press("M")
    explorer.until(lambda screen: "letters of its name" in screen)
    explorer.press(name)
    explorer.until(lambda screen: f"│ {name}" in screen)
    explorer.press("Enter")
    explorer.until(lambda screen: title in screen)


def lines(explorer: Tmux) -> list[str]:
    """The screen without blanks that only fill it."""
    return [" ".join(line.split()) for line in explorer.screen.splitlines()]


def test_there_and_back_again(terminal: tuple[Tmux, int, int], here: Running) -> None:
    explorer = open_explorer(terminal)
    explorer.press("/", "20-40", "Enter", "l", "Space")
    explorer.until(lambda screen: "21 of 512 · 20-40" in screen and "1 marked" in screen)

    pick(explorer, "resnet50", "resnet50 · imagenet1k_v2")
    explorer.press("h")
    explorer.until(lambda screen: "h fold" in screen)
    assert any(line.startswith("│ ▸ layer4.2 2048 │") for line in lines(explorer))
    explorer.press("h")
    explorer.until(lambda screen: "▾ layer4.2" in screen)
    explorer.press("h")
    explorer.until(lambda screen: "▸ layer4.2" in screen)
    explorer.press("/", "layer3.5.conv2")
    explorer.until(lambda screen: "layer3.5.conv2 · 256 channels" in screen)
    explorer.press("Enter", "l", "/", "0-19", "Enter", "*", "a")
    explorer.until(lambda screen: "resnet50/layer3.5.conv2:0-19, crisp: queued 20" in screen)
    layers = [line.split("│")[1] for line in lines(explorer)[2:15]]
    assert len(until(here.store.jobs)) == 20
    assert {job.task.model for job in here.store.jobs()} == {"resnet50"}

    # Not by their weights, for which the header has no room beside the counts and the time left.
    pick(explorer, "vgg16", "21 of 512 · 20-40")
    explorer.until(lambda screen: "1 marked" in screen)
    assert "◆21" in explorer.screen

    pick(explorer, "resnet50", "layer3.5.conv2 · 20 of 256 · 0-19")
    assert [line.split("│")[1] for line in lines(explorer)[2:15]] == layers

    until(lambda: any(state == "done" for state, _ in here.states()))
    explorer.press("3")
    explorer.until(lambda screen: ".conv2:0" in screen)
    explorer.press("q")
    explorer.until(lambda screen: "ended 0" in screen)

    again = open_explorer(terminal)
    again.press("1")
    again.until(lambda screen: "layer3.5.conv2 · 256 channels" in screen)
    assert any("conv2 256" in line for line in lines(again))
