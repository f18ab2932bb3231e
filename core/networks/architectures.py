"""Building torchvision's networks without filling them with noise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from convscope.core.catalog.published import published

_WITH_AUXILIARY_HEADS = ("googlenet", "inception_v3")
"""Which only training needs."""


def is_torchvisions(model: str) -> bool:
    """Whether a network is one of torchvision's classification CNNs."""
    return bool(published(model))


def torchvision_network(model: str, classes: int | None = None) -> nn.Module:
    """Build one of torchvision's networks; its parameters are on the ``meta`` device.

    Args:
        model: its name.
        classes: how many classes its head has; ``None`` for ImageNet's 1,000.
    """
    from torchvision.models import get_model_builder  # noqa: PLC0415  slower to import than torch

    options: dict[str, Any] = {} if classes is None else {"num_classes": classes}
    if model in _WITH_AUXILIARY_HEADS:
        options |= {"init_weights": False, "aux_logits": False}
    with _ParametersOnMeta():
        network: nn.Module = get_model_builder(model)(weights=None, **options)
    return network


class _ParametersOnMeta(TorchFunctionMode):
    """Puts uninitialised tensors, as parameters are at first, on the ``meta`` device.

    ``torch.device("meta")`` would put all tensors there, but RegNet's builder computes with some.
    """

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        options = dict(kwargs or {})
        if func is torch.empty and options.get("device") is None:
            options["device"] = "meta"
        return func(*args, **options)
