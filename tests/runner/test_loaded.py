"""What was loaded stays while it is used, and no longer: a few networks, each with its probes."""

import gc
import weakref
from pathlib import Path

import msgspec
import torch

from convscope.core.catalog.weights import parse_weights
from convscope.core.runner.loaded import LoadedNetworks
from tests.samples import job
from tests.shared import EMBEDDED_FILE


def loaded() -> LoadedNetworks:
    return LoadedNetworks(torch.device("cpu"), lambda _: None)


def test_jobs_of_one_layer_share_a_probe() -> None:
    networks = loaded()
    one, other, deeper = (
        networks.probe(job(target), torch.float32)
        for target in ("conv1_2:0", "conv1_2:7", "conv2_1:0")
    )
    assert one is other
    assert one is not deeper
    assert next(one.trunk.parameters()) is next(deeper.trunk.parameters()), "not loaded twice"
    assert networks.probe(job("conv1_2:0"), torch.float32) is one, "it is still there"


def test_another_normalisation_of_the_input_is_another_probe() -> None:
    networks = loaded()
    task = job("conv1_2:0")
    half = msgspec.structs.replace(task, normalization="half")
    assert networks.probe(task, torch.float32) is not networks.probe(half, torch.float32)


def test_a_file_of_weights_is_known_wherever_it_lies(tmp_path: Path) -> None:
    networks = loaded()
    task = job("conv1_2:0")
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(EMBEDDED_FILE.read_bytes())
    copied = msgspec.structs.replace(task, weights=parse_weights(str(copy)), normalization="caffe")
    assert networks.probe(task, torch.float32) is networks.probe(copied, torch.float32)


def test_the_network_that_was_used_least_is_let_go() -> None:
    networks = loaded()
    task = job("conv1_2:0")
    used, forgotten = (
        weakref.ref(networks.probe(task, dtype)) for dtype in (torch.float32, torch.bfloat16)
    )
    for dtype in (torch.float16, torch.float64):
        networks.probe(task, torch.float32)
        networks.probe(task, dtype)
    gc.collect()
    assert used() is not None
    assert forgotten() is None
