"""The filter of channels: what its words keep, and what it says to others."""

import pytest

from convscope.core.system.errors import UserError
from convscope.tui.explorer.filters import Known, parse_filter
from convscope.tui.explorer.marks import Stage
from tests.samples import VGG16

LAYER = VGG16.layer("conv5_1")
CHANNELS = [
    Known(3, "excited", 900.0, Stage.SAVED),
    Known(20, "silent", 0.0, Stage.NONE, is_marked=True),
    Known(25, "weak", 40.5, Stage.FAILED),
    Known(40, "", None, Stage.QUEUED),
    Known(41, "excited", -3.0, Stage.MAKING, is_marked=True),
]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", [3, 20, 25, 40, 41]),
        ("25", [25]),
        ("20-40", [20, 25, 40]),
        ("3,20-25", [3, 20, 25]),
        ("*", [3, 20, 25, 40, 41]),
        ("verdict:silent", [20]),
        ("silent", [20]),
        ("excited", [3, 41]),
        ("done", [3]),
        ("queued", [40]),
        ("running", [41]),
        ("failed", [25]),
        ("marked", [20, 41]),
        ("drawn", [3, 20, 25, 41]),
        ("activation>500", [3]),
        ("activation>=40.5", [3, 25]),
        ("activation<0", [41]),
        ("activation<=-3", [41]),
        (" 0-40   verdict:excited ", [3]),
        ("marked activation>100", []),
    ],
)
def test_words_keep_channels_for_which_all_of_them_hold(text, kept):
    chosen = parse_filter(text, LAYER)
    assert [known.channel for known in CHANNELS if chosen.keeps(known)] == kept
    assert bool(chosen) == bool(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("verdict:silnt", "verdict:silent"),
        ("dome", "done"),
        ("600", "channels are 0 to 511"),
        ("30-20", "write 20-30"),
        ("activation>", "activation>500"),
        ("activation>x", "activation>500"),
        ("\x1b[31m", "\\x1b"),
        ("@#", "20-40"),
    ],
)
def test_other_words_are_answered_with_the_nearest(text, sentence):
    with pytest.raises(UserError) as caught:
        parse_filter(text, LAYER)
    assert sentence in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 60, "it would be cut in 80 columns"


def test_only_numbers_ask_for_no_pictures():
    assert not parse_filter("20-40", LAYER).asks_pictures
    assert parse_filter("20-40 done", LAYER).asks_pictures
