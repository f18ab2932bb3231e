"""What networks expect of an image, as typed and as records hold it."""

import pytest

from convscope.core.catalog.normalization import NAMED, Normalization, named, parse_normalization
from convscope.core.system.errors import UserError


def test_names_are_read_in_any_case_and_written_as_they_are() -> None:
    assert {named(name.upper()) for name in NAMED} == set(NAMED)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0.485,0.456,0.406/0.229,0.224,0.225", "imagenet"),
        ("0.5/0.5", "half"),
        ("0 / 1", "raw"),
        ("0.48235, 0.45882, 0.40784/0.00392156862745098", "caffe"),
        ("0.4/0.25", "0.4,0.4,0.4/0.25,0.25,0.25"),
        ("0.1,0.2,0.3/.25", "0.1,0.2,0.3/0.25,0.25,0.25"),
    ],
)
def test_numbers_are_read_for_each_colour_or_for_all(text: str, written: str) -> None:
    assert named(text) == written
    assert parse_normalization(written) == parse_normalization(text)


def test_numbers_count_in_colours_of_0_to_1() -> None:
    assert parse_normalization("0.1,0.2,0.3/0.25") == Normalization(
        (0.1, 0.2, 0.3), (0.25, 0.25, 0.25)
    )
    with pytest.raises(UserError, match="divide both by 255"):
        parse_normalization("123.68,116.779,103.939/1")
    with pytest.raises(UserError, match="divide both by 255"):
        parse_normalization("0.5/58.4")


@pytest.mark.parametrize(
    "text", ["", "/", "0.5", "0.5/", "1,2/1", "0.5/inf", "nan/1", "0,1,2,3/1", "imagenet/1"]
)
def test_anything_else_is_answered_with_what_there_is(text: str) -> None:
    with pytest.raises(
        UserError, match=r"is not a normalisation; write imagenet, caffe, .*MEAN/STD"
    ):
        parse_normalization(text)


@pytest.mark.parametrize("text", ["0.5/0", "0.5/-1", "0.5/0.2,0.2,0.00001"])
def test_a_deviation_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="standard deviation of 0"):
        parse_normalization(text)
