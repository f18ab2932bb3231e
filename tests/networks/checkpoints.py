"""Files of weights as people bring them, made of the embedded ones."""

import argparse
import collections
import datetime
import enum
import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from convscope.core.catalog.weights import WeightsFacts
from tests.samples import VGG16
from tests.shared import EMBEDDED_FILE

EMBEDDED_FACTS = WeightsFacts(
    "caffe", missing=tuple(f"classifier.{position}" for position in (0, 3, 6))
)
"""What is found out about them."""


@cache
def embedded() -> dict[str, Tensor]:
    """The embedded tensors under torchvision's keys, float16."""
    return load_file(EMBEDDED_FILE)


def renamed(prefix: str, *, instead_of: str = "") -> dict[str, Tensor]:
    """The embedded tensors with a prefix, which replaces one."""
    return {prefix + key.removeprefix(instead_of): value for key, value in embedded().items()}


class Settings(dict[str, int]):
    """What a trainer keeps its settings in."""


class Stage(enum.Enum):
    LAST = "last"


@dataclass
class Options:
    rate: float = 0.1
    folder: pathlib.Path = pathlib.Path("runs")
    stages: list[Stage] = field(default_factory=lambda: [Stage.LAST])


def beside() -> dict[str, object]:
    """What training scripts put beside the tensors."""
    return {
        "args": argparse.Namespace(lr=0.1, out=pathlib.Path("runs")),
        "best_acc": np.float64(0.7),
        "confusion": np.eye(2),
        "when": datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC),
        "hyper_parameters": Settings(depth=16),
        "options": Options(),
        "losses": collections.deque([1.0]),
        "seen": collections.defaultdict(list, {1: [2]}),
        "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1}]},
    }


def bare() -> dict[str, Tensor]:
    """The embedded tensors as ``model.features`` has them."""
    return renamed("", instead_of="features.")


def by_layer() -> dict[str, Tensor]:
    """The embedded tensors by the names of their layers."""
    return {
        f"{layer.name}.{part}": embedded()[f"{layer.node}.{part}"]
        for layer in VGG16.layers
        for part in ("weight", "bias")
    }


def each(change: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    """The embedded tensors, each changed."""
    return {key: change(tensor) for key, tensor in embedded().items()}


WRAPPED: dict[str, Callable[[], object]] = {
    "parallel.pth.tar": lambda: {"state_dict": renamed("module."), "epoch": 3, **beside()},
    "parallel-features.pth": lambda: renamed("features.module.", instead_of="features."),
    "lightning.ckpt": lambda: {"state_dict": renamed("model.backbone."), **beside()},
    "compiled.bin": lambda: {"model": renamed("_orig_mod.module.")},
    "bare.pt": bare,
    "deep": lambda: {"checkpoint": {"net": {"features": bare()}}},
    "by-layer.pth": by_layer,
    "averaged.pth": lambda: {"model_ema": each(lambda tensor: 2 * tensor), "model": embedded()},
    "twice-the-same.pth": lambda: {**renamed("a."), **renamed("b.")},
    "parameters.pth": lambda: each(torch.nn.Parameter),
    "double.pth": lambda: each(Tensor.double),
    "bfloat16.pth": lambda: each(Tensor.bfloat16),
}
"""Checkpoints that hold the embedded tensors, by what is special about them."""
