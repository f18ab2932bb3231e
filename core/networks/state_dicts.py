"""Filling a network with what a file of weights holds, however training wrapped it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convscope.core.catalog.networks import networks
from convscope.core.networks.architectures import is_torchvisions
from convscope.core.networks.families import (
    canonical,
    family_of,
    is_counter,
    is_head,
    prefixes,
    root,
)
from convscope.core.networks.weights_file import Content
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

DEPTH = 3
"""How deep in a file a state dict is looked for: ``checkpoint["model"]["state_dict"]``."""
_AVERAGED = ("ema", "swa", "averag", "shadow", "teacher", "momentum", "encoder_k")
"""Parts of the names of copies that training keeps beside the network itself."""
_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

StateDict = Mapping[str, Tensor]
Build = Callable[[int | None], nn.Module]
"""Builds a network with a head for so many classes, or as it comes."""


@dataclass(frozen=True)
class LoadedNetwork:
    """A network with its weights: frozen, in float32, in evaluation mode."""

    module: nn.Module
    """Its submodules are what the nodes of the catalogue's layers name."""
    missing: frozenset[str] = frozenset()
    """Keys of the head where the weights have none, or another one; they hold zeros."""

    @property
    def classes(self) -> int:
        """How many classes the head tells apart; 0 where there is no head, or none was filled."""
        if self.missing:
            return 0
        state = self.module.state_dict()
        last = _last_kernel({key: tensor.shape for key, tensor in state.items()})
        return len(state[last]) if last else 0

    def require(self, node: str) -> None:
        """Make sure that the weights of a layer are there.

        Raises:
            UserError: they are not.
        """
        if any(key.startswith(f"{node}.") for key in self.missing):
            raise UserError(
                f"The weights have no {printable(node)} that fits the network, so only layers "
                "before its head can be looked at.",
                about="weights",
            )


@dataclass(frozen=True)
class _Found:
    """One place where keys of a network stand."""

    place: str
    """The names that lead there, such as ``state_dict.module.``."""
    names: Mapping[str, str]
    """What the network's keys are called there."""
    tensors: StateDict
    """By the network's keys."""
    surplus: str
    """A kernel among the network's own parts that it does not have; '' where there is none."""

    @property
    def is_average(self) -> bool:
        return any(part in self.place.lower() for part in _AVERAGED)


class _Expected:
    """What a network's state dict is to be."""

    def __init__(self, module: nn.Module) -> None:
        self.keys = {canonical(key): key for key in module.state_dict()}
        state = module.state_dict()
        self.shapes = {name: state[key].shape for name, key in self.keys.items()}
        needed = [key for key in self.shapes if not is_counter(key)]
        self.trunk = [key for key in needed if not is_head(key)]
        self.head = [key for key in needed if is_head(key)]
        if not self.trunk:
            self.trunk, self.head = needed, []
        self.last_kernel = _last_kernel(self.shapes) if self.head else ""

    def misfit(self, found: _Found) -> str | None:
        """Return the first key of the trunk that is missing or has another shape."""
        return next((key for key in self.trunk if not self._fits(found, key)), None)

    def takes_head(self, found: _Found) -> bool:
        """Whether a place holds a head like the network's, for any number of classes."""
        last_layer = self.last_kernel.rpartition(".")[0] + "."
        return all(self._fits(found, key, int(key.startswith(last_layer))) for key in self.head)

    def _fits(self, found: _Found, key: str, first: int = 0) -> bool:
        """Whether a tensor is there and has the right shape, from a dimension on."""
        shape = self.shapes[key]
        tensor = found.tensors.get(key)
        return (
            tensor is not None
            and tensor.ndim == len(shape)
            and tensor.shape[first:] == shape[first:]
        )


def filled(model: str, build: Build, content: Content, source: object) -> LoadedNetwork:
    """Build a network and fill it with the parameters that a file holds.

    They may be wrapped in dictionaries and stand under any prefix. Beside averages of themselves,
    the trained ones count. The head is built for as many classes as theirs; where they have none
    that fits, it is left empty.

    Args:
        model: the network's name.
        build: builds it; parameters may be on the ``meta`` device.
        content: what the file holds.
        source: the file, for the error's sentence.

    Raises:
        UserError: they are not there, or more than once, or no finite floating-point numbers.
    """
    module = build(None)
    expected = _Expected(module)
    tables = _tables("", content.tree, DEPTH, set())
    every = [each for place, table in tables for each in _places(model, place, table, expected)]
    fitting = [each for each in every if expected.misfit(each) is None and not each.surplus]
    if not fitting:
        raise _refused(model, content, every, expected, source)
    chosen = _one_of(fitting, expected.trunk, model, source)
    has_head = expected.takes_head(chosen)
    if has_head and expected.head:
        classes = len(chosen.tensors[expected.last_kernel])
        if classes != expected.shapes[expected.last_kernel][0]:
            module = build(classes)
            expected = _Expected(module)
            has_head = all(
                chosen.tensors[key].shape == expected.shapes[key] for key in expected.head
            )
    missing = [] if has_head else expected.head
    state = module.state_dict()
    for name, key in expected.keys.items():
        if is_counter(name) or name in missing:
            state[key] = torch.zeros_like(state[key], device="cpu")
        else:
            state[key] = _checked(chosen, name, state[key].dtype, source)
    module.load_state_dict(state, assign=True)
    return LoadedNetwork(frozen(module), frozenset(expected.keys[name] for name in missing))


def frozen(module: nn.Module) -> nn.Module:
    """Return a network for looking into: in float32, in evaluation mode, nothing of it trained."""
    return module.float().eval().requires_grad_(requires_grad=False)


def _last_kernel(shapes: Mapping[str, torch.Size]) -> str:
    """Return the key of the weights that give the classes; '' where there is no head."""
    kernels = [key for key, shape in shapes.items() if is_head(key) and len(shape) > 1]
    return kernels[-1] if kernels else ""


def _tables(
    place: str, tree: object, depth: int, seen: set[int]
) -> Iterator[tuple[str, StateDict]]:
    """Yield the tensors of each dictionary in a file that has some, with what leads to it."""
    if not isinstance(tree, Mapping) or id(tree) in seen:
        return
    seen.add(id(tree))
    named = {key: value for key, value in tree.items() if isinstance(key, str)}
    table = {key: value for key, value in named.items() if isinstance(value, Tensor)}
    if table:
        yield place, table
    if depth:
        for key, value in named.items():
            yield from _tables(f"{place}{key}.", value, depth - 1, seen)


def _places(model: str, place: str, table: StateDict, expected: _Expected) -> Iterator[_Found]:
    """Yield where in a table the network's keys may stand, in whichever spelling."""
    original = {canonical(key): key for key in table}
    shapes = {name: table[key].shape for name, key in original.items()}
    ends = (expected.trunk[0], expected.trunk[-1])
    seen = set()
    for spelling in _spellings(model, expected):
        for prefix in dict.fromkeys(
            each for end in ends for each in prefixes(shapes, spelling[end])
        ):
            names = {
                key: original[prefix + name]
                for key, name in spelling.items()
                if prefix + name in original
            }
            if (keys := tuple(names.values())) in seen:
                continue
            seen.add(keys)
            tensors = {key: table[name] for key, name in names.items()}
            above = prefix + root(spelling.values())
            yield _Found(place + above, names, tensors, _surplus(shapes, prefix, spelling))


def _spellings(model: str, expected: _Expected) -> Iterator[Mapping[str, str]]:
    """Yield what a network's keys may be called: as they are, in its trunk alone, by layer."""
    yield {key: key for key in expected.shapes}
    prefix = root(expected.shapes)
    if prefix:
        yield {key: key.removeprefix(prefix) for key in expected.trunk}
    layers = networks()[model].layers if model in networks() else ()
    by_node = {layer.node: layer.name for layer in layers if layer.name != layer.node}
    parts = {key: key.rpartition(".") for key in expected.trunk}
    if by_node and all(node in by_node for node, _, _ in parts.values()):
        yield {key: f"{by_node[node]}.{part}" for key, (node, _, part) in parts.items()}


def _surplus(shapes: Mapping[str, torch.Size], prefix: str, spelling: Mapping[str, str]) -> str:
    """Return a kernel that a deeper network has in the same parts; '' where there is none."""
    known = {prefix + name for name in spelling.values()}
    parts = {name.partition(".")[0] for name in spelling.values() if not is_head(name)}
    for key, shape in shapes.items():
        part = key.removeprefix(prefix).partition(".")[0]
        if key.startswith(prefix) and part in parts and key not in known and len(shape) == 4:
            return key
    return ""


def _one_of(fitting: list[_Found], trunk: Sequence[str], model: str, source: object) -> _Found:
    trained = [each for each in fitting if not each.is_average] or fitting
    first, *others = trained
    for other in others:
        if not all(_equal(first.tensors[key], other.tensors[key]) for key in trunk):
            raise UserError(
                f"The weights file {printable(source)} holds {model} more than once (under "
                f"{_shown(first.place)} and {_shown(other.place)}); save the one you mean alone.",
                about="weights",
            )
    return first


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.layout == other.layout and torch.equal(one, other)


def _shown(place: str) -> str:
    return printable(place.rstrip(".") or "no name", 60)


def _checked(found: _Found, key: str, dtype: torch.dtype, source: object) -> Tensor:
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


def _refused(
    model: str,
    content: Content,
    every: list[_Found],
    expected: _Expected,
    source: object,
) -> UserError:
    """Say what a file holds instead, as far as it shows, and what would fit."""
    file = printable(source)
    tables = [table for _, table in _tables("", content.tree, DEPTH, set())]
    for table in tables:
        if (family := family_of(table)) and family != model:
            what = f"The weights in {file} are those of {family}, "
            if is_torchvisions(family):
                return UserError(f"{what}not of {model}; add --model {family}.", about="weights")
            if family.startswith(f"{model} "):
                return UserError(f"{what}and convscope takes RGB only.", about="weights")
            remedy = "name their network with --model"
            return UserError(f"{what}not of {model}; {remedy}.", about="weights")
    if content.model:
        return UserError(
            f"The weights file {file} holds a whole model ({printable(content.model, 80)}), which "
            "only running its code could open; save model.state_dict() instead.",
            about="weights",
        )
    if not tables:
        return UserError(
            f"The weights file {file} holds {_kind(content.tree)}, not a network's state dict; "
            "save model.state_dict() instead.",
            about="weights",
        )
    why = _why(every, expected) or _called(max(tables, key=len))
    return UserError(
        f"The weights in {file} are not those of {model}: {why}; name a state dict of {model}, or "
        "their network with --model.",
        about="weights",
    )


def _why(every: list[_Found], expected: _Expected) -> str:
    """Say what keeps the best of several places from fitting; '' where there is none."""
    if not every:
        return ""
    found = max(every, key=lambda each: len(each.names))
    key = expected.misfit(found)
    if key is None:
        return f"they go on with {printable(found.surplus, 120)}"
    if key not in found.tensors:
        return f"{printable(key, 120)} is missing"
    return (
        f"{printable(found.names[key], 120)} has shape {tuple(found.tensors[key].shape)} instead "
        f"of {tuple(expected.shapes[key])}"
    )


def _called(table: StateDict) -> str:
    names = ", ".join(printable(key, 40) for key in list(table)[:3])
    return f"their tensors are called {names}{' …' if len(table) > 3 else ''}"


def _kind(tree: object) -> str:
    """Say what a file without tensors holds."""
    if not isinstance(tree, Mapping):
        kind = type(tree).__name__
        return "an object" if kind.startswith("_") else f"a {printable(kind, 40)}"  # a stand-in
    if "param_groups" in tree:
        return "an optimizer's state"
    return "a dictionary without tensors" if tree else "an empty dictionary"
