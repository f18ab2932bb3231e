"""A network's layers as one run of it shows them, for networks that cannot be traced.

Seen are convolutions and linear layers, but no sums and concatenations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import torch
from torch import Size, Tensor, nn

from convscope.core.catalog.geometry import Field, Window
from convscope.core.catalog.networks import Kind, Layer
from convscope.core.catalog.normalization import IMAGENET
from convscope.core.networks.describe import block_depth, is_map, kind_of
from convscope.core.networks.doubt import natural_image

_ENOUGH = 4
"""So many layers in a row that see the whole image: what follows does so as well, unmeasured."""
_Seen = nn.Conv2d | nn.Linear | nn.BatchNorm2d


@dataclass(frozen=True)
class _Call:
    """What a module put out when it was called for the first time."""

    path: str
    module: _Seen
    value: Tensor
    """A copy, since an activation may overwrite it."""
    is_norm: bool
    """Whether it is the batch norm of the call before: what that put out is what it was given."""
    memory: tuple[int, int]
    """Bytes of all that is kept for the way back by then, and of the largest of it."""


def observe(network: nn.Module, side: int) -> tuple[Layer, ...]:
    """Return a network's layers from the input upwards, in the order of their calls.

    A convolution is read behind its batch norm, where that directly follows. Fields are those of
    gradients: where they reach the edge of the image, it is said to be seen whole.

    Args:
        network: it is frozen.
        side: of the square image that it is looked at with, in pixels.
    """
    image = natural_image(side, IMAGENET)[None].requires_grad_()
    calls = _calls(network, image)
    modules = dict(network.named_modules())
    kinds = _kinds(calls)
    strides = _strides(side, {path: as_maps(calls[path].value, kinds[path]) for path in kinds})
    followers = dict(zip(calls, [*list(calls.values())[1:], None], strict=True))
    layers: list[Layer] = []
    rows, wholes = side, 0
    for path, kind in kinds.items():
        norm = followers[path]
        read = norm if norm and norm.is_norm else calls[path]
        maps = as_maps(read.value, kind)
        kept, largest = (size // maps.element_size() for size in read.memory)
        values = kept + maps.numel() + 3 * max(largest, maps.numel())
        rows, before = maps.shape[2], rows
        wholes = 0 if rows > before else wholes  # another branch of the network
        seen = measured_field(image, maps, strides[path]) if wholes < _ENOUGH else None
        wholes = 0 if seen and seen.reach == "exact" else wholes + 1
        layers.append(
            Layer(
                name=path,
                module="" if read.path == path else read.path,
                kind=kind,
                channels=maps.shape[1],
                stride=strides[path],
                field=seen.side if seen else side,
                memory=ceil(values / side**2),
                depth=block_depth(path, modules, kinds),
                reach=seen.reach if seen else "whole",
                family="hooks",
            )
        )
    return tuple(layers)


def as_maps(value: Tensor, kind: Kind) -> Tensor:
    """Return what a layer of a kind puts out as maps: ``(B, C, h, w)``."""
    if kind == "pointwise":
        return value.permute(0, 3, 1, 2)
    return value if value.dim() == 4 else value[:, :, None, None]


def _calls(network: nn.Module, image: Tensor) -> dict[str, _Call]:
    """Run a network, and return the first call of each of its modules by their paths."""
    calls: dict[str, _Call] = {}
    own = {each.untyped_storage().data_ptr() for each in network.parameters()}
    kept: dict[int, int] = {}
    paths = {each: path for path, each in network.named_modules() if isinstance(each, _Seen)}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    def record(module: _Seen, given: tuple[object, ...], value: Tensor) -> None:
        path = paths[module]
        if path and path not in calls:
            before = next(reversed(calls.values()), None)
            calls[path] = _Call(
                path,
                module,
                value.clone(),
                before is not None and _is_norm(module, given, before),
                (sum(kept.values()), max(kept.values(), default=0)),
            )

    hooks = [module.register_forward_hook(record) for module in paths]
    try:
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _is_norm(module: _Seen, given: tuple[object, ...], before: _Call) -> bool:
    return (
        isinstance(module, nn.BatchNorm2d)
        and module.track_running_stats
        and isinstance(before.module, nn.Conv2d)
        and len(given) == 1
        and isinstance(given[0], Tensor)
        and torch.equal(given[0], before.value)
    )


def _kinds(calls: Mapping[str, _Call]) -> dict[str, Kind]:
    """Return the kinds of those calls that are layers through which a gradient comes."""
    paths = list(calls)
    last_map = max(
        (i for i, path in enumerate(paths) if is_map(calls[path].value.shape)), default=0
    )
    found: dict[str, Kind] = {}
    for i, (path, call) in enumerate(calls.items()):
        if call.value.requires_grad and not isinstance(call.module, nn.BatchNorm2d):
            kind = kind_of(call.module, call.value.shape, is_last=i > last_map)
            if kind:
                found[path] = kind
    return found


def _strides(side: int, maps: Mapping[str, Tensor]) -> dict[str, int]:
    """Return strides by the sizes of maps: each is a whole multiple of that of a larger map.

    That holds without padding, too, where an image of 224 pixels has a map of 109. What is no map
    any more has that of the last one.
    """
    known = {side: 1}
    found = {}
    for path, each in maps.items():
        rows = each.shape[2]
        if rows not in known:
            larger = min((size for size in known if size > rows), default=side)
            known[rows] = known[larger] * (round(larger / rows) if rows > 1 else 1)
        found[path] = known[rows]
    return found


def measured_field(image: Tensor, maps: Tensor, stride: int) -> Field:
    """Return the field of a layer, by the gradient of the value in the middle of its maps.

    Args:
        image: ``(1, 3, H, W)``, from which the maps were computed, so that its gradient shows.
        maps: ``(1, C, h, w)``.
        stride: pixels of the image between two neighbouring values.
    """
    height, width = image.shape[2:]
    whole = Field(Window(stride, 0, height - 1), Window(stride, 0, width - 1), "whole")
    chosen = torch.zeros_like(maps)
    rows, columns = maps.shape[2:]
    generator = torch.Generator().manual_seed(0)
    chosen[0, :, rows // 2, columns // 2] = torch.randn(maps.shape[1], generator=generator)
    (gradient,) = torch.autograd.grad(maps, image, chosen, retain_graph=True)
    seen = gradient[0].abs().sum(0).nonzero()
    if not len(seen) or Size((rows, columns)) == (1, 1):
        return whole
    (top, left), (bottom, right) = seen.amin(0).tolist(), seen.amax(0).tolist()
    if min(top, left) == 0 or bottom == height - 1 or right == width - 1:
        return whole
    above, before = stride * (rows // 2), stride * (columns // 2)
    return Field(
        Window(stride, top - above, bottom - above),
        Window(stride, left - before, right - before),
        "exact",
    )
