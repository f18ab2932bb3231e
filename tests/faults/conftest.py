"""Faults take minutes: a real process dies in each."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave all of them to CI's step of long tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.long)
