"""Checkpoints are opened however training wrote them, and what is no VGG16 is told what it is."""

import gzip
import pickle
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from convscope.core.catalog.weights import parse_weights
from convscope.core.networks.loaders import examine, load_network
from convscope.core.system.errors import UserError
from tests.networks.checkpoints import EMBEDDED_FACTS, WRAPPED, beside, embedded
from tests.shared import EMBEDDED_FILE

Write = Callable[[Path], object]


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """No warning of torch's reaches a person."""
    with warnings.catch_warnings(action="error"):
        yield


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_network("vgg16", parse_weights(str(path)))
    sentence = str(caught.value)
    assert path.name in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", list(WRAPPED))
def test_a_checkpoint_is_unwrapped(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    torch.save(WRAPPED[name](), path)
    assert examine("vgg16", parse_weights(str(path))) == EMBEDDED_FACTS


def test_what_torch_wrote_before_zip_archives_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.pth.tar"
    checkpoint = {"state_dict": embedded(), **beside()}
    torch.save(checkpoint, path, _use_new_zipfile_serialization=False)
    assert examine("vgg16", parse_weights(str(path))) == EMBEDDED_FACTS


def test_safetensors_are_known_by_their_content(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    save_file({f"vgg.{key}": each.float() for key, each in embedded().items()}, path)
    assert examine("vgg16", parse_weights(str(path))) == EMBEDDED_FACTS


def saved(value: object, **how: object) -> Write:
    return lambda path: torch.save(value, path, **how)  # type: ignore[arg-type]


def flat(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Zeros of the same shapes that take no room in a file."""
    return {
        key: torch.zeros((), dtype=torch.half).expand(each.shape) for key, each in tensors.items()
    }


def changed(**tensors: torch.Tensor) -> Write:
    """VGG16 with other tensors in the place of some."""
    keys = {name.replace("_", "."): each for name, each in tensors.items()}
    return lambda path: torch.save({**flat(embedded()), **keys}, path)


def network(build: Callable[..., nn.Module]) -> Write:
    def write(path: Path) -> None:
        with torch.device("meta"):
            shapes = build(weights=None).state_dict()
        torch.save(flat(shapes), path)

    return write


def script(path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), str(path))


def quantized(path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        kernel = torch.quantize_per_tensor(torch.zeros(64, 3, 3, 3), 0.1, 0, torch.qint8)
    torch.save({**flat(embedded()), "features.0.weight": kernel}, path)


def written(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


def cut(name: str) -> Write:
    """The first half of a file."""

    def write(path: Path) -> None:
        whole = path.with_name("whole")
        if name == "safetensors":
            whole = EMBEDDED_FILE
        else:
            torch.save({"a": torch.zeros(999)}, whole, _use_new_zipfile_serialization=name == "zip")
        content = whole.read_bytes()
        path.write_bytes(content[: len(content) // 2])

    return write


def foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights.npy", b"0")


def compressed_zip(path: Path) -> None:
    """What takes 64 MB of memory and hardly any room."""
    torch.save(torch.zeros(2**24), path)
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


REFUSED: dict[str, tuple[Write, str]] = {
    "vgg11": (network(models.vgg11), "those of vgg11, not of vgg16; add --model vgg11"),
    "vgg13_bn": (network(models.vgg13_bn), "those of vgg13_bn, not of"),
    "vgg16_bn": (network(models.vgg16_bn), "those of vgg16_bn, not of"),
    "vgg19": (network(models.vgg19), "those of vgg19, not of vgg16; add --model vgg19"),
    "resnet": (network(models.resnet18), "those of resnet18, not of vgg16; add --model resnet18"),
    "mobilenet": (network(models.mobilenet_v2), "those of mobilenet_v2, not"),
    "squeezenet": (network(models.squeezenet1_1), "those of squeezenet1_1, not"),
    "alexnet": (network(models.alexnet), "those of alexnet, not"),
    "grey": (changed(features_0_weight=torch.zeros(64, 1, 3, 3)), "for images of 1 channel,"),
    "a wrong shape": (
        changed(features_28_bias=torch.zeros(7)),
        "features.28.bias has shape (7,) instead of (512,)",
    ),
    "a part": (
        saved({"features.0.weight": torch.zeros(64, 3, 3, 3)}), "features.0.bias is missing"
    ),
    "linear": (saved(nn.Linear(2, 2).state_dict()), "their tensors are called weight, bias"),
    "int8": (changed(features_5_bias=torch.zeros(128).char()), "features.5.bias holds int8"),
    "complex": (changed(features_5_bias=torch.zeros(128) * 1j), "holds complex64 numbers"),
    "sparse": (changed(features_5_bias=torch.zeros(128).to_sparse()), "holds sparse numbers"),
    "quantized": (quantized, "features.0.weight holds qint8 numbers"),
    "not a number": (changed(features_5_bias=torch.full((128,), torch.nan)), "not finite"),
    "too large": (changed(features_5_bias=torch.zeros(128).double() + 1e300), "not finite"),
    "two": (
        saved({**{f"a.{k}": each for k, each in flat(embedded()).items()},
               **{f"b.{k}": each + 1 for k, each in flat(embedded()).items()}}),
        "more than once (under a.features and b.features)",
    ),
    "a model": (saved(nn.Sequential(nn.Conv2d(3, 4, 3))), "holds a whole model (torch.nn.modules."),
    "a model and more": (
        saved({"mean": torch.zeros(3), "model": nn.Sequential(nn.ReLU())}),
        "holds a whole model (torch.nn.modules.",
    ),
    "two kinds": (
        saved({"a": flat(embedded()), "b": {k: v.float() for k, v in embedded().items()}}),
        "more than once (under a.features and b.features)",
    ),
    "an optimizer": (
        saved(torch.optim.Adam([nn.Parameter(torch.zeros(3))]).state_dict()),
        "an optimizer's state",
    ),
    "a list": (saved([torch.zeros(3)]), "holds a list, not a network's state dict"),
    "numbers": (saved({"a": 1}), "holds a dictionary without tensors"),
    "nothing": (saved({}), "holds an empty dictionary"),
    "TorchScript": (script, "a TorchScript archive"),
    "protocol 4": (saved(flat(embedded()), pickle_protocol=4), "saved with pickle_protocol=4"),
    "a plain pickle": (written(pickle.dumps({"a": 1}, 2)), "torch.save did not write"),
    "a long one": (written(pickle.dumps(bytes(2**26), 4)), "torch.save did not write"),
    "a foreign zip": (foreign_zip, "a zip archive that torch.save did not write"),
    "a compressed zip": (compressed_zip, "is a compressed archive, which"),
    "what may be of any size": (saved(bytearray()), "names builtins.bytearray, which"),
    "an empty file": (written(b""), "is empty; download it again"),
    "a page": (written(b"\n<!doctype html><title>404"), "is a web page"),
    "a pointer": (written(b"version https://git-lfs.github.com/task/v1\n"), "git lfs pull"),
    "Keras": (written(b"\x89HDF\r\n\x1a\n" + bytes(99)), "an HDF5 file, as Keras writes"),
    "packed": (written(gzip.compress(bytes(999))), "is packed by gzip; unpack it"),
    "text": (written(b"hello {world}"), "is damaged, or not a file of weights"),
    "half a zip": (cut("zip"), "is cut off; download it again"),
    "half an old file": (cut("legacy"), "is damaged"),
    "half of safetensors": (cut("safetensors"), "is damaged (Error while deserializing header"),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(REFUSED))
def test_a_refusal_says_what_the_file_is(kind: str, tmp_path: Path) -> None:
    write, words = REFUSED[kind]
    path = tmp_path / "weights.pth"
    write(path)
    assert words in refusal(path)


class Harmful:
    """Would write a file if it were unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = str(canary)

    def __reduce__(self):
        return eval, (f"open({self.canary!r}, 'w')",)


@pytest.mark.parametrize("is_zip", [True, False])
def test_no_code_beside_the_tensors_is_run(is_zip: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    checkpoint = {"state_dict": embedded(), "extra": Harmful(tmp_path / "canary")}
    torch.save(checkpoint, path, _use_new_zipfile_serialization=is_zip)
    assert "names builtins.eval, which is not data" in refusal(path)
    assert not (tmp_path / "canary").exists()


class Counted:
    """Counts how often its own code is run."""

    made = 0

    def __init__(self) -> None:
        Counted.made += 1

    def __reduce__(self):
        return Counted, ()


def test_a_script_s_own_classes_are_stood_in_for_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": embedded(), "meter": Counted()}, path)
    assert examine("vgg16", parse_weights(str(path))) == EMBEDDED_FACTS
    assert Counted.made == 1
