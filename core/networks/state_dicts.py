"""Finding VGG16's convolutions in what a file of weights holds, however they were wrapped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.core.catalog.networks import network
from convscope.core.networks.families import family_of
from convscope.core.networks.vgg16 import vgg16_features
from convscope.core.networks.weights_file import Content
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable

PREFIX = "features."
"""What torchvision puts before the keys."""
DEPTH = 3
"""How deep a file is searched for a state dict: ``checkpoint["model"]["state_dict"]``."""
_AVERAGED = ("ema", "swa", "averag", "shadow", "teacher")
"""Parts of the names of averages that training keeps beside the network itself."""
_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

StateDict = Mapping[str, Tensor]


@dataclass(frozen=True)
class _Found:
    """One place where all keys of VGG16's convolutions stand."""

    place: str
    """The names that lead there, such as ``state_dict.module.features.``."""
    names: Mapping[str, str]
    """What the keys of ``nn.Sequential`` are called there."""
    tensors: StateDict
    """By the keys of ``nn.Sequential``."""

    @property
    def is_average(self) -> bool:
        return any(part in self.place.lower() for part in _AVERAGED)


def vgg16_parameters(content: Content, source: object) -> dict[str, Tensor]:
    """Return the parameters of VGG16's convolutions by the keys of ``nn.Sequential``, in float32.

    They may be wrapped in dictionaries and stand under any prefix. Where averages of them are kept
    as well, the trained ones are taken.

    Raises:
        UserError: they are not there, or more than once, or no finite floating-point numbers.
    """
    tables = list(_tables("", content.tree, DEPTH, set()))
    every = [each for place, table in tables for each in _places(place, table)]
    shapes = {key: like.shape for key, like in vgg16_features().state_dict().items()}
    fitting = [each for each in every if _misfit(each, shapes) is None]
    if not fitting:
        raise _not_vgg16(content, tables, every, shapes, source)
    chosen = _one_of(fitting, source)
    return {key: _checked(chosen, key, source) for key in shapes}


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


def _places(place: str, table: StateDict) -> Iterator[_Found]:
    """Yield where in a table all keys stand, by number (``28.bias``) or name (``conv5_3.bias``)."""
    positions = {each.node.removeprefix(PREFIX): each.name for each in network("vgg16").layers}
    for names in ({number: number for number in positions}, positions):
        keys = {f"{i}.{part}": f"{name}.{part}" for i, name in names.items() for part in _PARTS}
        last = keys["28.bias"]
        for found in table:
            prefix = found.removesuffix(last)
            if found.endswith(last) and (not prefix or prefix.endswith(".")):
                under = {key: prefix + name for key, name in keys.items()}
                if all(key in table for key in under.values()):
                    tensors = {key: table[name] for key, name in under.items()}
                    yield _Found(place + prefix, under, tensors)


_PARTS = ("weight", "bias")


def _misfit(found: _Found, shapes: Mapping[str, torch.Size]) -> str | None:
    """Return the first key whose shape is not VGG16's."""
    return next((key for key, shape in shapes.items() if found.tensors[key].shape != shape), None)


def _one_of(fitting: list[_Found], source: object) -> _Found:
    trained = [each for each in fitting if not each.is_average] or fitting
    first, *others = trained
    for other in others:
        if not all(_equal(first.tensors[key], other.tensors[key]) for key in first.tensors):
            raise UserError(
                f"The weights file {printable(source)} holds VGG16 more than once (under "
                f"{_shown(first.place)} and {_shown(other.place)}); save the one you mean alone.",
                about="weights",
            )
    return first


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.layout == other.layout and torch.equal(one, other)


def _shown(place: str) -> str:
    return printable(place.rstrip(".") or "no name", 60)


def _checked(found: _Found, key: str, source: object) -> Tensor:
    tensor = found.tensors[key]
    name = printable(found.names[key], 120)
    if tensor.dtype not in _DTYPES or tensor.layout is not torch.strided or tensor.is_meta:
        kind = str(tensor.dtype).removeprefix("torch.") if not tensor.is_sparse else "sparse"
        raise UserError(
            f"The weights in {printable(source)} cannot be used: {name} holds {kind} numbers; save "
            "them as float32 or float16.",
            about="weights",
        )
    tensor = tensor.detach().float()
    if not torch.isfinite(tensor).all():
        raise UserError(
            f"The weights in {printable(source)} are damaged: {name} holds values that are not "
            "finite numbers; download or save them again.",
            about="weights",
        )
    return tensor


def _not_vgg16(
    content: Content,
    tables: list[tuple[str, StateDict]],
    every: list[_Found],
    shapes: Mapping[str, torch.Size],
    source: object,
) -> UserError:
    """Say what a file holds instead, as far as can be seen, and what would fit."""
    file = printable(source)
    remedy = "name a state dict of torchvision's vgg16"
    for _, table in tables:
        if family := family_of(table):
            return UserError(
                f"The weights in {file} are those of {family}, and convscope opens only vgg16 for "
                f"now; {remedy}.",
                about="weights",
            )
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
    if every:
        key = _misfit(every[0], shapes)
        assert key is not None
        why = (
            f"{printable(every[0].names[key], 120)} has shape "
            f"{tuple(every[0].tensors[key].shape)} instead of {tuple(shapes[key])}"
        )
    else:
        _, table = max(tables, key=lambda each: _likeness(each[1]))
        why = _missing(table, shapes)
    return UserError(f"The weights in {file} are not VGG16's: {why}; {remedy}.", about="weights")


def _kind(tree: object) -> str:
    """Say what a file without tensors holds."""
    if not isinstance(tree, Mapping):
        kind = type(tree).__name__
        return "an object" if kind.startswith("_") else f"a {printable(kind, 40)}"  # a stand-in
    if "param_groups" in tree:
        return "an optimizer's state"
    return "a dictionary without tensors" if tree else "an empty dictionary"


def _likeness(table: StateDict) -> int:
    """How much of VGG16 a table has under torchvision's own keys."""
    return sum(PREFIX + key in table for key in vgg16_features().state_dict())


def _missing(table: StateDict, shapes: Mapping[str, torch.Size]) -> str:
    if _likeness(table):
        first = next(PREFIX + key for key in shapes if PREFIX + key not in table)
        return f"{first} is missing"
    names = ", ".join(printable(key, 40) for key in list(table)[:3])
    return f"their tensors are called {names}{' …' if len(table) > 3 else ''}"
