"""Recording the operations of a network as a graph."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.fx.proxy import TraceError

USUAL_SIDE = 224
"""Of the images that a network is for that does not say it, in pixels."""
_OF_SIZES = ("size", "dim", "ndimension", "numel", "shape", "ndim", "dtype", "device", "is_cuda")
"""Methods and attributes that tell nothing of what is in a tensor."""


def trace(network: nn.Module) -> fx.Graph:
    """Return the operations of a network in evaluation, down to the modules of ``torch.nn``.

    torchvision's ``create_feature_extractor`` also stops at the modules of ``torchvision.ops``, and
    so hides most convolutions of MobileNet and EfficientNet.

    Raises:
        Exception: it cannot be traced. Any code of the network may fail on what stands in for its
            tensors.
    """
    with contextlib.redirect_stdout(sys.stderr):  # its code may print
        return _Tracer(input_side(network)).trace(network.eval())


def input_side(network: nn.Module) -> int:
    """Return the side of the square images that a network says it is for, in pixels."""
    settings = getattr(network, "pretrained_cfg", None)  # as timm's networks have it
    given = settings.get("input_size") if isinstance(settings, dict) else None
    for name in ("input_size", "image_size", "img_size"):
        given = given or getattr(network, name, None)
    side = given[-1] if isinstance(given, tuple | list) and given else given
    return side if isinstance(side, int) and side > 0 else USUAL_SIDE


class _Tracer(fx.Tracer):
    """Also follows an ``if`` on the sizes of tensors where images of any size take the same way."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._sides = (side, side * 4 // 7, side // 2 + 1)  # of 224: 128 as well, and an odd one
        self._runs: list[fx.Interpreter] = []
        self._is_running = False

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Take a person's own kinds of layers for layers, too."""
        is_layer = isinstance(m, nn.Conv2d | nn.Linear)
        return is_layer or super().is_leaf_module(m, module_qualified_name)

    def create_args_for_root(
        self, root_fn: Callable[..., Any], is_module: bool, concrete_args: object = None
    ) -> tuple[Any, list[Any]]:
        """Give the network an image; its other arguments keep their defaults."""
        return root_fn, [self.root, self.create_proxy("placeholder", "image", (), {})]

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:  # noqa: ANN401  torch's own signature
        """Record a module, unless it is run to find out sizes."""
        return (
            forward(*args, **kwargs)
            if self._is_running
            else super().call_module(m, forward, args, kwargs)
        )

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, fx.Proxy]) -> Any:  # noqa: ANN401
        """Record a parameter, unless a module is run to find out sizes."""
        if self._is_running:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """Decide an ``if``."""
        if not _is_of_sizes(obj.node):
            return super().to_bool(obj)
        answers = self._answers(obj.node)
        if len(answers) > 1:
            raise TraceError("what it does depends on the size of the image")
        return answers.pop()

    def _answers(self, node: fx.Node) -> set[bool]:
        """Return what a node comes to for images of several sizes."""
        if not self._runs:
            like = next(self.root.parameters())
            (image, *_) = self.graph.nodes
            for side in self._sides:
                run = fx.Interpreter(self.root, garbage_collect_values=False, graph=self.graph)
                run.env[image] = torch.zeros(1, 3, side, side, device=like.device, dtype=like.dtype)
                self._runs.append(run)
        self._is_running = True
        try:
            with torch.no_grad():
                for run in self._runs:
                    for each in self.graph.nodes:
                        if each not in run.env:
                            run.env[each] = run.run_node(each)
        finally:
            self._is_running = False
        return {bool(run.env[node]) for run in self._runs}


def _is_of_sizes(node: fx.Node) -> bool:
    """Whether a value is worked out from the sizes of tensors alone, whatever is in them."""
    if node.op not in ("call_function", "call_method"):
        return False
    read = node.args[1] if node.target is getattr else node.target
    return read in _OF_SIZES or (
        bool(node.all_input_nodes) and all(map(_is_of_sizes, node.all_input_nodes))
    )
