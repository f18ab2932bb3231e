"""Any of torchvision's networks is filled with a file as training wrote it, or told what it is."""

import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import get_model, googlenet

from convscope.core.catalog.published import published
from convscope.core.catalog.weights import EMBEDDED, WeightsFacts, parse_weights
from convscope.core.networks.architectures import torchvision_network
from convscope.core.networks.families import family_of
from convscope.core.networks.filling import LoadedNetwork
from convscope.core.networks.loaders import examine, load_network
from convscope.core.system.errors import UserError
from tests.catalog.torchvision import names
from tests.networks.checkpoints import beside

State = dict[str, Tensor]
DOGS = Path(__file__).parents[2].parent / "shared" / "checkpoints" / "mobilenet_v2-19-dogs.pth"


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """No warning of torch's reaches a person."""
    with warnings.catch_warnings(action="error"):
        yield


@cache
def noise(model: str, classes: int = 1000) -> nn.Module:
    """One of torchvision's networks, filled with noise by torchvision."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return get_model(model, weights=None, num_classes=classes).eval()


def state(model: str, classes: int = 1000) -> State:
    return noise(model, classes).state_dict()


def prefixed(prefix: str, tensors: State) -> State:
    return {prefix + key: tensor for key, tensor in tensors.items()}


def load(path: Path, model: str) -> LoadedNetwork:
    return load_network(model, parse_weights(str(path), model))


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def assert_same(network: LoadedNetwork, model: str, classes: int = 1000) -> None:
    """It answers as torchvision's own."""
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = noise(model, classes)(image)
        torch.testing.assert_close(network.module(image), expected)
    assert network.classes == classes
    assert not any(each.requires_grad for each in network.module.parameters())


FORMS: dict[str, Callable[[State], object]] = {
    "plain.pth": dict,
    "parallel.pth.tar": lambda s: {"state_dict": prefixed("module.", s), **beside()},
    "lightning.ckpt": lambda s: {"state_dict": prefixed("model.", s), "epoch": 3},
    "nested-twice.ckpt": lambda s: {"state_dict": prefixed("model.backbone.", s)},
    "compiled.bin": lambda s: {"model": prefixed("_orig_mod.", s)},
    "compiled-inside": lambda s: {"net": prefixed("net._orig_mod.encoder.", s)},
    "trainer.pt": lambda s: {"model_state_dict": s, "optimizer_state_dict": {"state": {}}},
    "averaged-alone.pth": lambda s: {"ema": s},
    "averaged-too.pth": lambda s: {"ema": {k: 2 * v for k, v in s.items()}, "model": s},
    "momentum.pth": lambda s: {
        "state_dict": prefixed("module.encoder_q.", s)
        | prefixed("module.encoder_k.", {k: 2 * v for k, v in s.items()})
    },
    "with-a-loss.ckpt": lambda s: {"state_dict": prefixed("net.", s) | {"loss.w": torch.ones(2)}},
    "no-counters": lambda s: {k: v for k, v in s.items() if "num_batches" not in k},
}


@pytest.mark.parametrize("model", ["resnet18", "mobilenet_v2"])
@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_is_unwrapped(form: str, model: str, tmp_path: Path) -> None:
    assert_same(load(saved(tmp_path / form, FORMS[form](state(model))), model), model)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_copies_in_half_precision_become_float32(dtype: torch.dtype, tmp_path: Path) -> None:
    halves = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state("resnet18").items()}
    save_file(halves, tmp_path / "halves")
    found = load(tmp_path / "halves", "resnet18").module.state_dict()
    assert found["fc.weight"].dtype == torch.float32
    torch.testing.assert_close(found["fc.weight"], halves["fc.weight"].float())


@pytest.mark.parametrize(
    "model",
    ["resnet18", "mobilenet_v2", "squeezenet1_1", pytest.param("vgg11_bn", marks=pytest.mark.long)],
)
def test_the_head_is_built_for_as_many_classes(model: str, tmp_path: Path) -> None:
    assert_same(load(saved(tmp_path / "w.pth", state(model, 19)), model), model, 19)


HEADS: dict[str, Callable[[State], State]] = {
    "none": lambda s: {k: v for k, v in s.items() if not k.startswith("classifier.")},
    "another": lambda s: s | {"classifier.1.weight": torch.zeros(19, 64)},
    "deeper": lambda s: HEADS["none"](s) | {"classifier.0.0.weight": torch.zeros(64, 1280)},
    "the trunk alone": lambda s: {
        k.removeprefix("features."): v for k, v in s.items() if k.startswith("features.")
    },
}


@pytest.mark.parametrize("head", HEADS)
def test_without_a_head_that_fits_the_layers_before_it_are_there(head: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", prefixed("backbone.", HEADS[head](state("mobilenet_v2"))))
    network = load(path, "mobilenet_v2")
    found, expected = network.module.state_dict(), state("mobilenet_v2")
    assert torch.equal(found["features.18.0.weight"], expected["features.18.0.weight"])
    assert network.classes == 0
    network.require("features.18.0")
    with pytest.raises(UserError, match=r"have no classifier\.1 that fits"):
        network.require("classifier.1")


def test_densenets_are_read_as_torchvision_spells_them_in_its_own_files(tmp_path: Path) -> None:
    old = {
        key.replace(".norm1.", ".norm.1.").replace(".conv2.", ".conv.2."): tensor
        for key, tensor in state("densenet121").items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert_same(load(saved(tmp_path / "w.pth", old), "densenet121"), "densenet121")


def test_auxiliary_heads_are_left_out(tmp_path: Path) -> None:
    whole = googlenet(weights=None, init_weights=False, aux_logits=True).eval()
    network = load(saved(tmp_path / "w.pth", whole.state_dict()), "googlenet")
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(network.module(image), whole(image))


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "another": (lambda: state("squeezenet1_1"), "of squeezenet1_1, not of resnet18; add --model"),
    "a deeper one": (lambda: state("resnet34"), "of resnet34, not of resnet18; add --model"),
    "wrapped": (
        lambda: {"state_dict": prefixed("module.", state("mobilenet_v2", 19))},
        "of mobilenet_v2, not of resnet18; add --model mobilenet_v2.",
    ),
    "VGG16": (
        lambda: {k.removeprefix("features."): v for k, v in state("vgg16_bn").items()},
        "of vgg16_bn, not",
    ),
    "a variant": (
        lambda: state("resnet18") | {"layer1.2.conv1.weight": torch.zeros(64, 64, 3, 3)},
        "those of a ResNet, not of resnet18",
    ),
    "grey": (
        lambda: state("resnet18") | {"conv1.weight": torch.zeros(64, 1, 7, 7)},
        "of resnet18 for images of 1 channel, and convscope takes RGB only",
    ),
    "unknown": (
        lambda: {"stem.weight": torch.zeros(8, 3, 3, 3)},
        "not those of resnet18: their tensors are called stem.weight; name",
    ),
    "a part": (lambda: {"conv1.weight": torch.zeros(64, 3, 7, 7)}, "bn1.weight is missing"),
    "integers": (lambda: state("resnet18") | {"bn1.bias": torch.zeros(64).int()}, "int32 numbers"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refusal_says_what_it_is_and_what_would_fit(kind: str, tmp_path: Path) -> None:
    make, words = REFUSED[kind]
    path = saved(tmp_path / "w.pth", make())
    with pytest.raises(UserError) as caught:
        load(path, "resnet18")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_vgg16_has_its_head_where_it_is_asked_for() -> None:
    network = load_network("vgg16", EMBEDDED)
    network.require("features.28")
    assert network.classes == 0
    with pytest.raises(UserError, match=r"have no classifier\.6"):
        network.require("classifier.6")


@pytest.mark.long
@pytest.mark.parametrize("model", names())
def test_each_network_is_built_and_known_by_its_keys(model: str, tmp_path: Path) -> None:
    built = torchvision_network(model).state_dict()
    zeros = {key: torch.zeros(()).expand(each.shape) for key, each in built.items()}
    assert family_of(prefixed("module.net.", zeros)) == model
    if sum(each.numel() for each in zeros.values()) < 2e8:
        weights = parse_weights(str(saved(tmp_path / "w.pth", zeros)), model)
        assert load_network(model, weights, whole=True).classes == 1000


# ---- torchvision's own ----------------------------------------------------------------------


def test_a_file_in_torchvisions_cache_is_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (resnet18,) = published("resnet18")
    resnet18.path.parent.mkdir(parents=True)
    torch.save(state("resnet18"), resnet18.path)
    weights = parse_weights(None, "resnet18")
    assert_same(load_network("resnet18", weights), "resnet18")
    assert examine("resnet18", weights) == WeightsFacts("imagenet", classes=1000)


def test_without_a_line_to_the_internet_a_sentence_says_which_file_goes_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens
    with pytest.raises(UserError) as caught:
        load_network("resnet18", parse_weights(None, "resnet18"))
    sentence = str(caught.value)
    assert "IMAGENET1K_V1 of resnet18 (47 MB) could not be downloaded" in sentence
    assert f"put resnet18-f37072fd.pth into {tmp_path}/hub/checkpoints" in sentence
    assert "--weights FILE" in sentence
    assert not list(tmp_path.rglob("*.p*")), "nothing half is left"


def test_a_download_of_another_digest_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    (tmp_path / "resnet18-f37072fd.pth").write_bytes(b"something else")
    monkeypatch.setattr("convscope.core.networks.weights.URL", f"{tmp_path.as_uri()}/")
    with pytest.raises(UserError, match=r"could not be downloaded \(invalid hash value"):
        load_network("resnet18", parse_weights(None, "resnet18"))
    assert not list((tmp_path / "torch").rglob("*.p*"))


# ---- a checkpoint of the field --------------------------------------------------------------


@pytest.mark.skipif(not DOGS.exists(), reason="../shared/checkpoints is not here")
def test_a_fine_tuned_network_of_the_field_loads_and_is_doubted() -> None:
    weights = parse_weights(str(DOGS), "mobilenet_v2")
    assert load_network("mobilenet_v2", weights).classes == 19
    facts = examine("mobilenet_v2", weights)
    assert (facts.normalization, facts.fitting, facts.classes) == ("", "half", 19)
    sentence = facts.doubt(weights)
    assert "responds 2.1 times more strongly than usual" in sentence
    assert "--normalize half would fit" in sentence
