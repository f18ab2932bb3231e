"""Finding a network's parameters in a file of weights, however training wrapped them."""

from collections.abc import Iterator, Mapping, Sequence
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
"""How deep a file is searched for a state dict: ``checkpoint["model"]["state_dict"]``."""
_AVERAGED = ("ema", "swa", "averag", "shadow", "teacher", "momentum", "encoder_k")
"""Parts of the names of averages that training keeps beside the network itself."""

StateDict = Mapping[str, Tensor]


@dataclass(frozen=True)
class Found:
    """One place where keys of a network stand."""

    place: str
    """The names that lead there, such as ``state_dict.module.``."""
    names: Mapping[str, str]
    """The file's keys, by the network's."""
    tensors: StateDict
    """By the network's keys."""
    surplus: str
    """A further kernel in the same parts, as a deeper network has; '' where there is none."""

    @property
    def is_average(self) -> bool:
        """Whether training kept them beside the network itself."""
        return any(part in self.place.lower() for part in _AVERAGED)


class Expected:
    """The keys and shapes of a network's state dict."""

    def __init__(self, module: nn.Module) -> None:
        """Read them from a network, whose tensors may be on the ``meta`` device."""
        state = module.state_dict()
        self.keys = {canonical(key): key for key in state}
        self.shapes = {name: state[key].shape for name, key in self.keys.items()}
        needed = [key for key in self.shapes if not is_counter(key)]
        self.head = [key for key in needed if is_head(key)]
        self.trunk = [key for key in needed if key not in self.head]
        if not self.trunk:
            self.trunk, self.head = needed, []
        kernels = [key for key in self.head if len(self.shapes[key]) > 1]
        self._last_kernel = kernels[-1] if kernels else ""

    @property
    def classes(self) -> int:
        """How many classes the head has; 0 where there is none."""
        return self.shapes[self._last_kernel][0] if self._last_kernel else 0

    def misfit(self, found: "Found") -> str | None:
        """Return the first key of the trunk that is missing or has another shape."""
        return next((key for key in self.trunk if not self._fits(found, key)), None)

    def has_head(self, found: "Found") -> bool:
        """Whether a place also holds the head, with the same shapes."""
        return all(self._fits(found, key) for key in self.head)

    def classes_of(self, found: "Found") -> int:
        """Return how many classes a head like the network's has at a place; 0 for no such head."""
        last_layer = self._last_kernel.rpartition(".")[0] + "."
        if not self.classes or not all(
            self._fits(found, key, first=int(key.startswith(last_layer))) for key in self.head
        ):
            return 0
        return len(found.tensors[self._last_kernel])

    def _fits(self, found: "Found", key: str, first: int = 0) -> bool:
        """Whether a tensor is there and has the right shape, from a dimension on."""
        shape = self.shapes[key]
        tensor = found.tensors.get(key)
        return (
            tensor is not None
            and tensor.ndim == len(shape)
            and tensor.shape[first:] == shape[first:]
        )


def holds(content: Content, ending: str) -> bool:
    """Whether a file has a parameter whose key ends so, wherever it stands."""
    tables = _tables("", content.tree, DEPTH, set())
    return any(canonical(key).endswith(ending) for _, table in tables for key in table)


def find(model: str, expected: Expected, content: Content, source: object) -> Found:
    """Find the one place in a file that holds a network's parameters.

    They may be wrapped in dictionaries and stand under any prefix. Where averages of them are kept
    as well, the trained ones are taken.

    Args:
        model: the network's name.
        expected: what it needs.
        content: what the file holds.
        source: the file, for the error's sentence.

    Raises:
        UserError: there is none, or several differ; the sentence says what the file holds instead,
            and what would fit.
    """
    tables = list(_tables("", content.tree, DEPTH, set()))
    every = [each for place, table in tables for each in _places(model, place, table, expected)]
    fitting = [each for each in every if expected.misfit(each) is None and not each.surplus]
    if fitting:
        return _one_of(fitting, expected.trunk, model, source)
    family = next(filter(None, (family_of(table) for _, table in tables)), "")
    if family and family != model:
        raise _of_another(family, model, source)
    raise _refused(model, content, _why(every, expected), source)


def _tables(
    place: str, tree: object, depth: int, seen: set[int]
) -> Iterator[tuple[str, StateDict]]:
    """Yield the tensors of each dictionary in a file that has some, with the path to it."""
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


def _places(model: str, place: str, table: StateDict, expected: Expected) -> Iterator[Found]:
    """Yield the places in a table where the network's keys may stand, in each spelling."""
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
            yield Found(place + above, names, tensors, _surplus(shapes, prefix, spelling))


def _spellings(model: str, expected: Expected) -> Iterator[Mapping[str, str]]:
    """Yield how a network's keys may be spelled: in full, within its trunk, or by layer names."""
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
    """Return a kernel in the same parts that the network does not have; '' for none."""
    known = {prefix + name for name in spelling.values()}
    parts = {name.partition(".")[0] for name in spelling.values() if not is_head(name)}
    for key, shape in shapes.items():
        part = key.removeprefix(prefix).partition(".")[0]
        if key.startswith(prefix) and part in parts and key not in known and len(shape) == 4:
            return key
    return ""


def _one_of(fitting: list[Found], trunk: Sequence[str], model: str, source: object) -> Found:
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


def _of_another(family: str, model: str, source: object) -> UserError:
    """Say which other network the weights belong to, and what would fit."""
    if is_torchvisions(family):
        rest = f"not of {model}; add --model {family}"
    elif family.startswith(f"{model} "):
        rest = "and convscope takes RGB only"
    else:
        rest = f"not of {model}; name their network with --model"
    return UserError(
        f"The weights in {printable(source)} are those of {family}, {rest}.", about="weights"
    )


def _refused(model: str, content: Content, why: str, source: object) -> UserError:
    """Say what a file holds that belongs to no known network."""
    file = printable(source)
    table = max((each for _, each in _tables("", content.tree, DEPTH, set())), key=len, default={})
    if content.model:
        sentence = (
            f"The weights file {file} holds a whole model ({printable(content.model, 80)}), which "
            "only running its code could open; save model.state_dict() instead."
        )
    elif not table:
        sentence = (
            f"The weights file {file} holds {_kind(content.tree)}, not a network's state dict; "
            "save model.state_dict() instead."
        )
    else:
        sentence = (
            f"The weights in {file} are not those of {model}: {why or _called(table)}; name a "
            f"state dict of {model}, or their network with --model."
        )
    return UserError(sentence, about="weights")


def _why(every: Sequence[Found], expected: Expected) -> str:
    """Say why the most likely place does not fit; '' where there is no place."""
    if not every:
        return ""
    found = max(every, key=lambda each: len(each.names))
    key = expected.misfit(found)
    if key is None:
        return f"they also hold {printable(found.surplus, 120)}"
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
