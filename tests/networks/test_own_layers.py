"""Networks of a person's own are looked into by their graph, or by hooks where they have none."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from convscope.core.ascent.attempts import make_images
from convscope.core.ascent.loop import Request
from convscope.core.ascent.recipes import PRESETS, override
from convscope.core.catalog.networks import Network, description, network, networks
from convscope.core.catalog.normalization import IMAGENET
from convscope.core.catalog.own import OwnNetwork, parse_own
from convscope.core.catalog.weights import parse_weights
from convscope.core.networks.describe import describe
from convscope.core.networks.hooks import observe
from convscope.core.networks.loaders import FAMILIES, load_network
from convscope.core.runner.described import describe_own
from convscope.core.runner.loaded import LoadedNetworks
from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize
from tests.conftest import ROOT
from tests.networks.graphs import MEAN, STD, probe_into, random_network

BLOCKS = """
import torch
import torch.nn.functional as F
from torch import nn

WIDTH = 8

class Block(nn.Module):
    def __init__(self, width=WIDTH):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.conv2(out)
        out += x
        return F.relu_(out)
"""
NET = """
import torch
import torch.nn.functional as F
from torch import nn
from core.blocks import WIDTH, Block

class Net(nn.Module):
    image_size = 64

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 5, stride=2, padding=2)
        self.block = Block()
        self.down = nn.Conv2d(WIDTH, 12, 3, stride=2, padding=1)
        self.fc = nn.Linear(12, 5)

    def forward(self, x, features=False):
        print("running")
        x = self.block(F.relu(self.stem(x)))
        QUESTION
        x = self.down(x)
        if features:
            return x
        x = F.adaptive_avg_pool2d(x, 2).relu()
        x = F.max_pool2d(x, 2)
        return self.fc(x.view(x.size(0), -1))
"""
QUESTIONS = {
    # an `if` of the network's code, and the family of its layers
    "channels": ("if x.shape[1] != 8 or x.dim() != 4: raise ValueError('odd')", "graph"),
    "size": ("if x.shape[-1] > 20: x = F.avg_pool2d(x, 2)", "hooks"),
    "data": ("if x.mean() > 1e9: x = -x", "hooks"),
    "count": ("for i in range(x.shape[1] - 7): x = x * 2", "hooks"),
}


@pytest.fixture(autouse=True)
def own_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of this test's own, without the repository, which holds a ``core`` as well."""
    (tmp_path / "state").mkdir(mode=0o700)
    elsewhere = [each for each in sys.path if Path(each).resolve() != ROOT]
    monkeypatch.setattr(sys, "path", elsewhere)
    monkeypatch.chdir(tmp_path)


def parsed(typed: str) -> OwnNetwork:
    own = parse_own(typed)
    assert own is not None
    return own


def scratch(folder: Path, question: str) -> OwnNetwork:
    """A network in a folder with a package ``core`` of its own."""
    (folder / "core").mkdir(parents=True, exist_ok=True)
    (folder / "core" / "__init__.py").write_text("")
    (folder / "core" / "blocks.py").write_text(BLOCKS)
    (folder / "net.py").write_text(NET.replace("QUESTION", question))
    return parsed(f"{folder / 'net.py'}:Net")


def written(folder: Path, code: str) -> OwnNetwork:
    (folder / "other.py").write_text(dedent(code))
    return parsed(f"{folder / 'other.py'}:build")


def loaded(found: Network) -> nn.Module:
    return load_network(found.name, parse_weights(None, found.name)).module


def plain_maps(module: nn.Module, path: str, images: Tensor) -> Tensor:
    kept: list[Tensor] = []
    hook = module.get_submodule(path).register_forward_hook(
        lambda _module, _given, value: kept.append(value.clone())
    )
    with torch.no_grad():
        module((images - MEAN) / STD)
    hook.remove()
    return kept[0] if kept[0].dim() == 4 else kept[0][:, :, None, None]


@pytest.mark.parametrize("asked", QUESTIONS)
def test_layers_are_read_as_the_network_itself_computes_them(
    asked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question, family = QUESTIONS[asked]
    said: list[str] = []
    found = describe_own(scratch(tmp_path, question), here=True, warn=said.append)
    assert (found.input_size, found.smallest_input, found.classes) == (64, 1, 5)
    assert {each.family for each in found.layers} == {family}
    names = ["stem", "block.conv1", "block.conv2", "down", "fc"]
    assert [each.name for each in found.layers if each.kind != "sum"] == names
    assert [each.stride for each in found.layers if each.name in names[:3]] == [2, 2, 2]
    assert [each.field for each in found.layers if each.name in names[:3]] == [5, 9, 13]
    assert len(said) == (family == "hooks")
    if family == "hooks":
        line = NET.splitlines().index("        QUESTION") + 1
        assert f"net.py, line {line} ({question}): " in said[0]
    else:
        assert found.layer("block").kind == "sum"
    module = loaded(found)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    expected = {
        each: plain_maps(module, "block.bn1" if each == "block.conv1" else each, images)
        for each in names
    }
    assert capsys.readouterr().out == "running\n" * len(names), "of these runs, no others"
    for name, whole in expected.items():
        layer = found.layer(name)
        probe = FAMILIES[layer.family](module, layer, IMAGENET, torch.device("cpu"), torch.float32)
        given = images.clone().requires_grad_()
        maps = probe.maps(given, probe.readout([1, 4]))
        torch.testing.assert_close(maps, torch.stack([whole[0, 1], whole[1, 4]]))
        maps.sum().backward()
        assert given.grad is not None
        assert given.grad.abs().max() > 0
    assert capsys.readouterr().out == "", "paths alone go to the output"


@pytest.mark.parametrize(
    ("asked", "layer"),
    [
        ("channels", "block"),
        ("channels", "down"),
        ("channels", "fc"),
        ("data", "down"),
        ("data", "fc"),
    ],
)
def test_pictures_are_made(asked: str, layer: str, tmp_path: Path) -> None:
    found = describe_own(scratch(tmp_path, QUESTIONS[asked][0]), here=True)
    recipe = override(PRESETS["crisp"], steps=6, resolution=32)
    task = Visualize(
        model=found.name,
        layer=layer,
        channel=2,
        recipe=recipe,
        weights=parse_weights(None, found.name),
    )
    task.check()
    probe = LoadedNetworks(torch.device("cpu"), lambda _: None).probe(task, torch.float32)
    making = make_images(probe, [Request(channel=2, seed=0)], recipe)
    try:
        while True:
            next(making)
    except StopIteration as ended:
        (result,) = ended.value
    assert result.score.activation > result.start_activation


def test_it_is_described_once_and_in_another_process(tmp_path: Path) -> None:
    own = scratch(tmp_path, QUESTIONS["data"][0])
    said: list[str] = []
    found = describe_own(own, here=False, warn=said.append)
    assert network(own.name) == found
    assert own.name not in list(networks())
    kept = description(own.name)
    assert kept is not None
    assert said == [kept.untraced]
    assert describe_own(own, here=False, warn=said.append) == found
    assert len(said) == 1, "it was there already"
    blocks = tmp_path / "core" / "blocks.py"
    blocks.write_text(BLOCKS.replace("WIDTH = 8", "WIDTH = 9"))
    assert describe_own(own, here=False).layer("stem").channels == 9
    assert network(own.name).layer("stem").channels == 9


def test_a_network_that_is_not_described_says_how_to_name_it(tmp_path: Path) -> None:
    own = scratch(tmp_path, "pass")
    with pytest.raises(UserError, match=r"code of the model net.Net_\w+ is not known here"):
        network(own.name)
    with pytest.raises(UserError, match="not known here yet; name it with --model timm:resnet18"):
        network("timm.resnet18")
    assert networks().get(own.name) is None


def test_who_has_no_torch_needs_none(tmp_path: Path) -> None:
    own = scratch(tmp_path, "pass")
    code = (
        "import sys; from convscope.core.catalog.own import parse_own; "
        "from convscope.core.catalog.networks import network; "
        "from convscope.core.runner.described import describe_own; "
        "found = describe_own(parse_own(sys.argv[1]), here=False); "
        "assert network(found.name) == found; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(own)], check=True)


FAULTS = {
    "runs": (
        """
        from torch import nn
        class Net(nn.Module):
            def forward(self, x):
                return x @ x[:, :, 1:]
        build = Net
        """,
        r"could not be run: .*other.py, line 5: RuntimeError: ",
    ),
    "grey": (
        "from torch import nn\ndef build():\n    return nn.Sequential(nn.Conv2d(1, 4, 3))",
        r"The first convolution of other.build_\w+ takes 1 channels; only networks for RGB",
    ),
    "empty": (
        "from torch import nn\ndef build():\n    return nn.ReLU()",
        r"other.build_\w+ has no convolutions or linear layers",
    ),
    "lazy": (
        "from torch import nn\ndef build():\n    return nn.Sequential(nn.LazyConv2d(4, 3))",
        "could not be run: .*other.py: ValueError: Attempted to use an uninitialized",
    ),
    "fails": ("def build():\n    return 1 / 0", "could not be built: .*line 2: ZeroDivisionError"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_looked_into_is_refused_in_a_sentence(fault: str, tmp_path: Path) -> None:
    code, words = FAULTS[fault]
    own = written(tmp_path, code)
    for here in (True, False) if fault == "runs" else (True,):
        with pytest.raises(UserError, match=words) as caught:
            describe_own(own, here=here)
        assert "\n" not in str(caught.value)
        assert caught.value.about == "model"
    assert description(own.name) is None


def test_colours_may_be_turned_to_grey_by_the_network(tmp_path: Path) -> None:
    code = """
    from torch import nn
    class Grey(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3)
        def forward(self, x):
            return self.conv(x.mean(1, keepdim=True))
    build = Grey
    """
    assert describe_own(written(tmp_path, code), here=True).layer("conv").channels == 4


def test_layers_that_compute_in_their_own_way_are_not_computed_otherwise(tmp_path: Path) -> None:
    code = """
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.nn.utils import spectral_norm, weight_norm
    class Standardized(nn.Conv2d):
        def forward(self, x):
            return self._conv_forward(F.pad(x, (1, 1, 1, 1)), self.weight * 3, self.bias)
    def build():
        return nn.Sequential(
            Standardized(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(True),
            weight_norm(nn.Conv2d(4, 4, 3)), nn.BatchNorm2d(4), nn.ReLU(True),
            spectral_norm(nn.Conv2d(4, 4, 3)),
        )
    """
    found = describe_own(written(tmp_path, code), here=True)
    assert [(each.name, each.family) for each in found.layers] == [
        (name, "graph") for name in ("0", "3", "6")
    ]
    module = loaded(found)
    images = torch.rand(1, 3, 32, 32)
    for name, read in (("0", "1"), ("3", "4"), ("6", "6")):
        whole = plain_maps(module, read, images)
        probe = probe_into(module, found.layer(name))
        torch.testing.assert_close(probe.maps(images, probe.readout([2])), whole[:, 2])


def test_maps_that_grow_again_and_maps_with_channels_last(tmp_path: Path) -> None:
    code = """
    import torch
    import torch.nn.functional as F
    from torch import nn
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.Conv2d(3, 4, 3, stride=4, padding=1)
            self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)
            self.linear = nn.Linear(4, 4)
            self.out = nn.Conv2d(8, 5, 3)
        def forward(self, x):
            x = self.up(self.down(x))
            y = x.permute(0, 2, 3, 1)
            y = y + self.linear(y)
            y = torch.cat([x, y.permute(0, 3, 1, 2)], 1)
            return self.out(F.interpolate(y, scale_factor=2.0))
    def build():
        return nn.DataParallel(torch.compile(Net()))
    """
    found = describe_own(written(tmp_path, code), here=True)
    assert [(each.name, each.kind, each.stride, each.family) for each in found.layers] == [
        ("down", "conv", 4, "graph"),
        ("linear", "pointwise", 2, "graph"),
        ("out", "conv", 1, "graph"),
    ], "a sum with its channels last is none of them"


def test_hooks_measure_what_the_graph_tells() -> None:
    model = random_network.__wrapped__("resnet18", 64).requires_grad_(False)
    side = 160
    told = {each.name: each for each in describe(model, side)}
    seen = observe(model, side)
    assert [each.name for each in seen] == [n for n, each in told.items() if each.kind != "sum"]
    for each in seen:
        expected = told[each.name]
        assert (each.kind, each.channels, each.stride, each.depth) == (
            expected.kind,
            expected.channels,
            expected.stride,
            expected.depth,
        )
        is_whole = expected.field >= side - 2 * each.stride
        assert each.field == (side if each.reach == "whole" else expected.field)
        assert is_whole or each.reach == "exact"
        assert expected.memory / 2 < each.memory < expected.memory * 4


@pytest.mark.parametrize(
    ("name", "side"), [("squeezenet1_1", 225), ("convnext_tiny", 64), ("shufflenet_v2_x0_5", 64)]
)
def test_hooks_tell_kinds_and_strides_of_any_layer(name: str, side: int) -> None:
    model = get_model(name, weights=None).eval().requires_grad_(False)
    told = {each.name: each for each in describe(model, side)}
    seen = observe(model, side)
    assert {each.name for each in seen} == {
        name for name, each in told.items() if each.kind not in ("sum", "concat")
    }
    for each in seen:
        expected = told[each.name]
        assert (each.kind, each.channels, each.stride) == (
            expected.kind,
            expected.channels,
            expected.stride,
        )
