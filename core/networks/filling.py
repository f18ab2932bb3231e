"""Filling a network with the parameters that a file of weights holds."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convscope.core.networks.families import is_counter
from convscope.core.networks.state_dicts import Expected, Found, find
from convscope.core.networks.weights_file import Content
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

Build = Callable[[int | None], nn.Module]
"""Builds a network with a head for so many classes, or with its default head."""


@dataclass(frozen=True)
class LoadedNetwork:
    """A network with its weights: frozen, in float32, in evaluation mode."""

    module: nn.Module
    """The nodes of the catalogue's layers are its submodules."""
    missing: frozenset[str] = frozenset()
    """Modules of the head, where the weights have none that fits; they hold zeros."""

    @property
    def classes(self) -> int:
        """How many classes the head has; 0 where there is no head, or no weights for it."""
        return 0 if self.missing else Expected(self.module).classes

    def require(self, node: str) -> None:
        """Make sure that the weights of a layer are there.

        Raises:
            UserError: they are not.
        """
        if any(f"{module}.".startswith(f"{node}.") for module in self.missing):
            raise UserError(
                f"The weights have no {printable(node)} that fits the network, so only layers "
                "before its head can be used.",
                about="weights",
            )


def filled(model: str, build: Build, content: Content, source: object) -> LoadedNetwork:
    """Build a network and fill it with the parameters that a file holds.

    The head is built for as many classes as the parameters have; where they have none that fits, it
    is filled with zeros.

    Args:
        model: the network's name.
        build: builds it; parameters may be on the ``meta`` device.
        content: what the file holds.
        source: the file, for the error's sentence.

    Raises:
        UserError: they are not there, or more than once, or no finite floating-point numbers.
    """
    module = build(None)
    expected = Expected(module)
    found = find(model, expected, content, source)
    classes = expected.classes_of(found)
    if classes not in (0, expected.classes):
        module = build(classes)
        expected = Expected(module)
    missing = [] if expected.has_head(found) else expected.head
    state = module.state_dict()
    for name, key in expected.keys.items():
        if is_counter(name) or name in missing:
            state[key] = torch.zeros_like(state[key], device="cpu")
        else:
            state[key] = _checked(found, name, state[key].dtype, source)
    module.load_state_dict(state, assign=True)
    modules = frozenset(expected.keys[name].rpartition(".")[0] for name in missing)
    return LoadedNetwork(frozen(module), modules)


def frozen(module: nn.Module) -> nn.Module:
    """Return a network in float32 and evaluation mode, with no parameter to be trained."""
    return module.float().eval().requires_grad_(requires_grad=False)


def _checked(found: Found, key: str, dtype: torch.dtype, source: object) -> Tensor:
    tensor = found.tensors[key]
    name = printable(found.names[key], 120)
    dtypes = _DTYPES if dtype.is_floating_point else (dtype,)
    if tensor.dtype not in dtypes or tensor.layout is not torch.strided or tensor.is_meta:
        kind = str(tensor.dtype).removeprefix("torch.") if not tensor.is_sparse else "sparse"
        raise UserError(
            f"The weights in {printable(source)} cannot be used: {name} holds {kind} numbers; save "
            "them as float32 or float16.",
            about="weights",
        )
    if not dtype.is_floating_point:
        return tensor.detach()
    tensor = tensor.detach().float()
    if not torch.isfinite(tensor).all():
        raise UserError(
            f"The weights in {printable(source)} are damaged: {name} holds values that are not "
            "finite numbers; download or save them again.",
            about="weights",
        )
    return tensor
