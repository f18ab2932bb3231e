"""A network of a person's own is built by their code, whose faults are told with file and line."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from torch import nn

from convscope.core.catalog.own import parse_own, remember
from convscope.core.catalog.weights import WeightsFacts, parse_weights
from convscope.core.networks.filling import LoadedNetwork
from convscope.core.networks.loaders import examine, load_network
from convscope.core.networks.own_code import build_own
from convscope.core.system.errors import UserError
from tests.conftest import ROOT

NET = """
from torch import nn
from core.blocks import WIDTH

class Net(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 3)
        self.fc = nn.Linear(WIDTH, classes)
        print("built")

    def forward(self, x):
        from core.blocks import again
        return self.fc(again(self.stem(x)).mean((2, 3)))
"""
BLOCKS = """
WIDTH = {width}
def again(x):
    return x.relu()
"""


@pytest.fixture(autouse=True)
def own_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of this test's own, without the repository, which holds a ``core`` as well."""
    (tmp_path / "state").mkdir(mode=0o700)
    elsewhere = [each for each in sys.path if Path(each).resolve() != ROOT]
    monkeypatch.setattr(sys, "path", elsewhere)
    monkeypatch.chdir(tmp_path)


def scratch(folder: Path, width: int) -> Path:
    """A folder with a network and a package ``core`` of its own."""
    (folder / "core").mkdir(parents=True)
    (folder / "core" / "__init__.py").write_text("")
    (folder / "core" / "blocks.py").write_text(BLOCKS.format(width=width))
    (folder / "net.py").write_text(NET)
    return folder / "net.py"


def loaded(named: str, weights: str | None = None) -> LoadedNetwork:
    own = parse_own(named)
    assert own is not None
    remember(own)
    return load_network(own.name, parse_weights(weights, own.name))


def test_networks_of_folders_with_a_core_of_their_own_do_not_mix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for width in (4, 5):
        network = loaded(f"{scratch(tmp_path / str(width), width)}:Net")
        assert network.module.get_submodule("stem").weight.shape[0] == width  # type: ignore[union-attr]
        assert network.classes == 3
        assert network.module(torch.rand(1, 3, 8, 8)).shape == (1, 3), "it imports while it runs"
        sys.path.remove(str(tmp_path / str(width)))
        sys.modules.pop("core", None)
        sys.modules.pop("core.blocks", None)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "built\nbuilt\n"), "paths alone go to the output"


def test_a_module_is_found_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = scratch(tmp_path / "project", 4).parent
    (folder / "core" / "nets.py").write_text("from .blocks import WIDTH\n" + NET)
    monkeypatch.chdir(folder)
    assert loaded("core.nets:Net").classes == 3


def test_noise_is_the_same_each_time(tmp_path: Path) -> None:
    named = f"{scratch(tmp_path / 'a', 4)}:Net"
    one, other = (loaded(named).module.state_dict()["stem.weight"] for _ in range(2))
    assert torch.equal(one, other)


def test_a_file_of_weights_fills_it(tmp_path: Path) -> None:
    named = f"{scratch(tmp_path / 'a', 4)}:Net"
    state = {
        key: torch.full_like(tensor, 0.5)
        for key, tensor in loaded(named).module.state_dict().items()
    }
    torch.save({"state_dict": {f"model.{key}": each for key, each in state.items()}}, "w.ckpt")
    found = loaded(named, "w.ckpt").module.state_dict()
    assert all(torch.equal(found[key], state[key]) for key in state)
    wide = {**state, "fc.weight": torch.zeros(9, 4), "fc.bias": torch.zeros(9)}
    torch.save(wide, "wide.pth")
    assert loaded(named, "wide.pth").classes == 0, "its code builds a head for 3"
    torch.save({"stem.weight": torch.zeros(7, 3, 3, 3)}, "other.pth")
    with pytest.raises(UserError, match=r"stem.weight has shape \(7, 3, 3, 3\) instead of \(4,"):
        loaded(named, "other.pth")


FAULTS = {
    "raises": ("def build():\n    return 1 / 0", r"raises.py, line 2: ZeroDivisionError: division"),
    "imports": ("import nothing_of_the_kind", "imports.py, line 1: ModuleNotFoundError: No module"),
    "syntax": ("x = 1\ndef build(:", "syntax.py, line 2: SyntaxError"),
    "quits": ("import sys\nsys.exit('no')", "quits.py, line 2: SystemExit: no."),
    "lacks": ("other = 1", "lacks.py: AttributeError: module .* has no attribute 'build'"),
    "takes": ("def build(depth):\n    pass", "takes.py: TypeError: .*missing 1 required"),
    "returns": ("def build():\n    return [1]", "build in .*returns.py returned list, not a torch"),
    "deep": (
        "from torch import nn\ndef build():\n    return nn.Conv2d(3, 4, 3, groups=2)",
        "deep.py, line 3: ValueError: in_channels must be divisible by groups",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_a_sentence_with_file_and_line(name: str, tmp_path: Path) -> None:
    code, words = FAULTS[name]
    (tmp_path / f"{name}.py").write_text(dedent(code))
    with pytest.raises(UserError, match=words) as caught:
        loaded(f"{tmp_path}/{name}.py:build")
    assert "\n" not in str(caught.value)


def test_a_network_that_is_there_already_is_taken(tmp_path: Path) -> None:
    (tmp_path / "ready.py").write_text(
        "from torch import nn\nnet = nn.Sequential(nn.Conv2d(3,4,1))"
    )
    assert isinstance(loaded(f"{tmp_path}/ready.py:net").module, nn.Sequential)


def test_without_timm_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"pip install 'convscope\[timm\]'"):
        loaded("timm:resnet18.a1_in1k")


def test_timms_networks_are_built_and_say_what_they_expect(tmp_path: Path) -> None:
    pytest.importorskip("timm")
    own = parse_own("timm:resnet18.a1_in1k")
    assert own is not None
    torch.save(build_own(own, 7).state_dict(), tmp_path / "w.pth")
    weights = parse_weights(str(tmp_path / "w.pth"), own.name)
    assert load_network(own.name, weights).classes == 7
    assert examine(own.name, weights).classes == 7
    pretrained = parse_weights(None, own.name)
    assert examine(own.name, pretrained) == WeightsFacts("imagenet", classes=1000)
    with pytest.raises(UserError, match="timm has no network resnet19; the nearest are resnet"):
        loaded("timm:resnet19")
