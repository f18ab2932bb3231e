"""Tasks as they are stored: each kind under its name, the first without."""

import msgspec
import pytest

from convscope.core.tasks import kinds
from convscope.core.tasks.base import BaseTask, Place
from convscope.core.tasks.kinds import decode_task, encode_task
from tests.samples import from_photo, job


class Count(BaseTask, frozen=True, kw_only=True, tag="count", tag_field="task"):
    """Another kind of task."""

    up_to: int = 3


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, "count": Count})


def test_an_image_is_stored_without_the_name_of_its_kind() -> None:
    task = job("conv5_1:25", seed=3)
    assert b'"task"' not in task.encoded()
    assert decode_task(task.encoded()) == task


@pytest.mark.usefixtures("counted")
def test_another_kind_is_stored_with_its_name() -> None:
    assert Count(up_to=5).encoded() == b'{"task":"count","up_to":5}'
    assert decode_task(b'{"task":"count"}') == Count()


def test_a_kind_that_is_not_known_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match="no kind of task called 'count'"):
        decode_task(b'{"task":"count"}')


def test_a_start_from_a_photo_is_queued_as_what_earlier_versions_do_not_know() -> None:
    task = from_photo(job("conv5_1:25", seed=3))
    assert msgspec.json.decode(encode_task(task))["task"] not in kinds.KINDS
    assert decode_task(encode_task(task)) == task
    assert encode_task(job("conv5_1:25")) == job("conv5_1:25").encoded().decode()


def test_what_a_pack_shares_and_a_place_make_the_task_again() -> None:
    task = job("conv5_1:25", seed=3)
    assert task.pack_kind.at(task.place) == task
    assert task.place == Place(channel=25, seed=3)
    assert Count().pack_kind.at(Count().place) == Count()
