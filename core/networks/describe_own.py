"""What the layers of a network of a person's own are, by its graph or by hooks."""

import contextlib
import sys
from pathlib import Path

import torch
from torch import nn

from convscope.core.catalog.networks import Description, Layer, Network
from convscope.core.catalog.own import OwnNetwork
from convscope.core.networks.describe import describe
from convscope.core.networks.filling import LoadedNetwork, frozen
from convscope.core.networks.hooks import observe
from convscope.core.networks.own_code import build_own, own_normalization, place_of, told_with_line
from convscope.core.networks.tracing import input_side
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def described(own: OwnNetwork) -> Description:
    """Build a network and find out what its layers are.

    Raises:
        UserError: its code failed, with the file and line; it is not for RGB images; it has no
            layer that can be looked into.
    """
    imported: set[Path] = set()
    network = build_own(own, imported=imported)
    with told_with_line(own, "run"):
        classes = LoadedNetwork(frozen(network)).classes
    side = input_side(network)
    with contextlib.redirect_stdout(sys.stderr):  # its code may print
        _check_runs(own, network, side)
        layers, untraced = _layers(own, network, side)
        smallest = _smallest_input(network, side)
    if not layers:
        raise UserError(
            f"The model {own.name} has no convolutions or linear layers (as torch.nn has them) "
            "that could be looked into.",
            about="model",
        )
    return Description(
        Network(
            name=own.name,
            input_size=side,
            smallest_input=smallest,
            normalization=own_normalization(network) or "imagenet",
            classes=classes,
            layers=layers,
        ),
        untraced,
        {str(path): path.stat().st_mtime_ns for path in imported},
    )


def _layers(own: OwnNetwork, network: nn.Module, side: int) -> tuple[tuple[Layer, ...], str]:
    """Return the layers, and what stopped the trace where they are found by hooks."""
    try:
        return describe(network, side), ""
    except Exception as error:  # noqa: BLE001  code that is traced may fail in any way
        at, code = place_of(error, own)
        said = printable(str(error).partition("\n")[0], 160)
    untraced = (
        f"The layers of {own.name} were found by running it, so sums and concatenations are not "
        f"among them: it cannot be traced because of {at}{code and f' ({code})'}: {said}."
    )
    with told_with_line(own, "run"):
        return observe(network, side), untraced


def _check_runs(own: OwnNetwork, network: nn.Module, side: int) -> None:
    """Make sure that a network takes an image."""
    called: list[nn.Conv2d] = []
    hooks = [
        each.register_forward_pre_hook(lambda module, _: called.append(module))
        for each in network.modules()
        if isinstance(each, nn.Conv2d)
    ]
    try:
        with told_with_line(own, "run"), torch.no_grad():
            network(torch.zeros(1, 3, side, side))
    except UserError:
        if called and called[0].in_channels != 3:
            raise UserError(
                f"The first convolution of {own.name} takes {called[0].in_channels} channels; only "
                "networks for RGB images, which have 3, can be looked into.",
                about="model",
            ) from None
        raise
    finally:
        for hook in hooks:
            hook.remove()


def _smallest_input(network: nn.Module, side: int) -> int:
    """Return the side of the smallest image that a network takes: a power of two, or its own."""
    for power in range(side.bit_length()):
        smaller: int = 2**power
        with contextlib.suppress(Exception), torch.no_grad():
            network(torch.zeros(1, 3, smaller, smaller))
            return smaller
    return side
