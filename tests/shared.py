"""What several tests need once: the real network, and torchvision's own beside it.

Loading takes a second and 100 MB, so a process does it once.
"""

import io
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torchvision.models import vgg16

from convscope.core import networks
from convscope.core.ascent.recipes import PRESETS, Recipe, override
from convscope.core.catalog.targets import parse_targets
from convscope.core.catalog.weights import Precision, Weights
from convscope.core.gallery.outputs import Artifact
from convscope.core.gallery.records import Record
from convscope.core.networks.loaders import load_network
from convscope.core.networks.plain import PlainProbe
from convscope.core.runner.executor import Pack
from convscope.core.runner.rendering import Renderer
from convscope.core.tasks.visualize import Visualize, tasks_for

EMBEDDED_FILE = Path(networks.__file__).parent / "data" / "vgg16-features.safetensors"
CAFFE_MEAN = torch.tensor([0.48235, 0.45882, 0.40784], dtype=torch.float64).view(3, 1, 1)


@cache
def maker() -> Renderer:
    """The maker all tests share; float32 networks on the CPU stay loaded."""
    return Renderer("cpu")


@cache
def torchvision_features() -> nn.Sequential:
    """torchvision's VGG16 base with the embedded weights, written without any code of ours."""
    state = {
        name.removeprefix("features."): t.float() for name, t in load_file(EMBEDDED_FILE).items()
    }
    features = vgg16(weights=None).features
    features.load_state_dict(state)
    return features.eval().requires_grad_(requires_grad=False)


class Made(NamedTuple):
    """A picture that was made, and is not saved."""

    task: Visualize
    image: Image.Image
    record: Record


def made_of(task: Visualize, artifact: Artifact) -> Made:
    """An artifact, decoded."""
    return Made(task, Image.open(io.BytesIO(artifact.data)), artifact.record)


def vgg16_parameters(weights: Weights) -> dict[str, torch.Tensor]:
    """VGG16's convolutional parameters by the keys of ``features``: ``0.weight``."""
    return load_network("vgg16", weights).module.get_submodule("features").state_dict()


def make(recipe: Recipe, *targets: str, seed: int = 0) -> list[Made]:
    """Make pictures in one pack, in float32, and return them in order."""
    tasks = tasks_for(parse_targets(targets), recipe, seed=seed, precision="float32")
    return make_tasks(tasks)


def make_tasks(tasks: list[Visualize], renderer: Renderer | None = None) -> list[Made]:
    """Make one pack of exactly these jobs."""
    making = (renderer or maker()).start(Pack(tuple(tasks)))
    positions = {position for step in making for position in step.positions}
    assert positions == set(range(len(tasks)))
    return [made_of(task, making.made[position]()) for position, task in enumerate(tasks)]


def small(preset: str, **numbers: object) -> Recipe:
    """A preset made quick: 32 px and 3 steps unless told otherwise."""
    return override(PRESETS[preset], **{"resolution": 32, "steps": 3, **numbers})


def probe_at(layer: str, precision: Precision = "float32") -> PlainProbe:
    """The real network, cut at a layer."""
    (task,) = tasks_for(parse_targets([f"{layer}:0"]), PRESETS["draft"], precision=precision)
    return maker().probe(task)
