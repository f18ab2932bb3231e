"""What torch would launch on a GPU, and what it would wait for, counted without one."""

from collections.abc import Iterator

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

READS_BACK = ("_local_scalar_dense", "nonzero", "equal", "is_nonzero", "_unique2")
"""Operations whose result Python or the allocator waits for."""


class Launches(TorchDispatchMode):
    """Counts what a GPU would launch, and what it would have to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.waited: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        self.number += not func.is_view
        devices = {each.device.type for each in _tensors((args, kwargs, result))}
        if len(devices) > 1 or func.overloadpacket.__name__ in READS_BACK:
            self.waited.append(str(func))
        return result


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors([*value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
