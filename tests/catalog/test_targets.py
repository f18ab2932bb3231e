"""Targets are read as typed, and every mistake is answered with the remedy."""

import pytest

from convscope.core.catalog.targets import Target, format_channels, parse_targets
from convscope.core.system.errors import UserError


def channels(*words: str) -> list[int]:
    return [target.channel for target in parse_targets(words)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("conv5_1:25", [25]),
        ("conv5_1:20-23", [20, 21, 22, 23]),
        ("conv5_1:20-22,104,116", [20, 21, 22, 104, 116]),
        ("conv5_1:7-7", [7]),
        ("conv5_1:511", [511]),
        ("vgg16/conv5_1:25", [25]),
        ("features.24:25", [25]),
    ],
)
def test_channels_are_read_in_every_form(word: str, expected: list[int]) -> None:
    assert channels(word) == expected
    assert {target.layer for target in parse_targets([word])} == {"conv5_1"}


def test_a_star_is_the_whole_layer() -> None:
    assert channels("conv1_1:*") == list(range(64))


def test_targets_keep_their_order_and_come_once() -> None:
    assert channels("conv5_1:9,3", "conv5_1:3-4") == [9, 3, 4]


def test_a_target_is_written_as_it_can_be_typed() -> None:
    target = Target("vgg16", "conv3_1", 7)
    assert parse_targets([str(target)]) == [target]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("conv6_1:3", "nearest are conv5_1"),
        ("conv5_1:512", "no channel 512; its channels are 0 to 511"),
        ("conv1_1:60-64", "no channel 64; its channels are 0 to 63"),
        ("conv5_1:20-", "'20-' should be a number such as 25 or a range"),
        ("conv5_1:-3", "'-3' should be a number"),
        ("conv5_1:", "'' should be a number"),
        ("conv5_1:1,,2", "'' should be a number"),
        ("conv5_1:a", "'a' should be a number"),
        ("conv5_1:9-3", "runs backwards; write 3-9"),
        ("conv5_1", "names no channels; write conv5_1:25"),
        ("", "names no channels; write conv5_1:25"),
        ("lenet/conv5_1:3", "no model 'lenet'"),
        ("conv5_1:99999999999999999999", "should be a number"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(word: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        parse_targets([word])
    assert sentence in str(raised.value)


def test_no_target_is_a_mistake_too() -> None:
    with pytest.raises(UserError, match="such as conv5_1:20-29"):
        parse_targets([])


@pytest.mark.parametrize("text", ["7", "20-22", "20-22,104", "0,2,4-5"])
def test_channels_are_written_the_short_way(text: str) -> None:
    assert format_channels(channels(f"conv5_1:{text}")) == text
