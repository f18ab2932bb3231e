"""A dictionary with a limit."""

from collections import OrderedDict
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """A dictionary of the latest ``capacity`` values that were put in or asked for."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[_Key, _Value] = OrderedDict()

    def __len__(self) -> int:
        """How many values there are."""
        return len(self._values)

    def get(self, key: _Key) -> _Value | None:
        """Return a value, which then counts as the latest."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: _Key, value: _Value) -> None:
        """Keep a value, and drop the oldest where there are too many."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._capacity:
            self._values.popitem(last=False)

    def discard(self, key: _Key) -> None:
        """Forget a value, if it is there."""
        self._values.pop(key, None)
