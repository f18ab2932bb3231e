"""The filter: what its words keep, and what is said of words that mean nothing."""

from dataclasses import replace

import pytest

from convscope.core.gallery.annotations import Annotation
from convscope.tui.explorer.marks import Stage
from convscope.tui.explorer.model.filters import Known, parse_filter
from convscope.tui.explorer.model.gallery_files import known_by_name, known_by_record
from tests.explorer.fakes import CRISP, record, task
from tests.samples import VGG16, from_photo

LAYER = VGG16.layer("conv5_1")
CHANNELS = [
    Known("conv5_1", 3, "crisp", 0, 900.0, "excited", Stage.SAVED, whole=True),
    Known("conv5_1", 20, "draft", 0, 0.0, "silent", is_marked=True, whole=True),
    Known("conv5_1", 25, "draft", 0, 40.5, "weak", Stage.FAILED, whole=True),
    Known("conv5_1", 40, stage=Stage.QUEUED, whole=True),
    Known("conv5_1", 41, "draft", 0, -3.0, "excited", Stage.MAKING, is_marked=True, whole=True),
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
        ("conv5_1:20-40", [20, 25, 40]),
        ("conv5_1", [3, 20, 25, 40, 41]),
        ("conv5_2", []),
        ("crisp", [3]),
        ("seed:0 draft", [20, 25, 41]),
    ],
)
def test_words_keep_channels_for_which_all_of_them_hold(text, kept):
    chosen = parse_filter(text, LAYER)
    assert [known.channel for known in CHANNELS if chosen.decide(known)] == kept
    assert bool(chosen) == bool(text)


NOTED = [
    Known("conv5_1", 3, annotation=Annotation(True, ("Eyes",))),
    Known("conv5_1", 5, annotation=Annotation(False, ("dogs", "eyes"))),
    Known("conv5_1", 7, annotation=Annotation(False, (), "Whiskers")),
    Known("conv5_1", 9),
]


@pytest.mark.parametrize("layer", [LAYER, None])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("favourite", [3]),
        ("fav", [3]),
        ("tag:eyes", [3, 5]),
        ("tag:EYES", [3, 5]),
        ("tag:eye", []),
        ("tag:", [3, 5]),
        ("#eyes", [3, 5]),
        ("#eye", []),
        ("#a:b", []),
        ("#", [3, 5]),
        ("note", [7]),
        ("note:whisk", [7]),
        ("tag:eyes fav", [3]),
    ],
)
def test_words_keep_channels_by_what_is_noted_of_them(text, kept, layer):
    chosen = parse_filter(text, layer)
    assert [known.channel for known in NOTED if chosen.decide(known)] == kept
    assert chosen.asks_pictures


def test_of_a_file_it_may_not_be_known_which_channel_was_noted():
    chosen = parse_filter("fav")
    assert chosen.decide(Known(name="mine.png")) is None
    assert chosen.decide(Known(name="mine.png", whole=True)) is False


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
    found = parse_filter(f"3 {text}", LAYER)
    assert sentence in found.trouble
    assert found.trouble.isprintable()
    assert len(found.trouble) <= 60, "it would be cut in 80 columns"
    assert [known.channel for known in CHANNELS if found.decide(known)] == [3], "the rest counts"


def test_only_numbers_ask_for_no_pictures():
    assert not parse_filter("20-40", LAYER).asks_pictures
    assert parse_filter("20-40 done", LAYER).asks_pictures


# ---- files, of which the name is known first ----------------------------------------------------

NAME = "conv5_1-0025-crisp-128px-s3-0123abcd.png"
SHEET = "conv5_1-20-29_104-crisp-128px-s3-2x5-0123abcd-sheet.png"
FOREIGN = "Holiday.png"


def by_name(text, name=NAME):
    """What a filter says of a file that was not opened."""
    return parse_filter(text).decide(known_by_name(name))


def known_without_record(name):
    """What is known of a file whose record cannot be read."""
    return replace(known_by_name(name), whole=True)


def by_record(text, verdict="silent", activation=12.5):
    """What it says of conv5_1:25 with its record, whatever the file is called."""
    found = record(task(25, CRISP, "conv5_1"), verdict, activation)
    return parse_filter(text).decide(known_by_record(found, FOREIGN))


@pytest.mark.parametrize(
    "text",
    [
        "", "conv5_1", "conv5_1:25", "conv5_1:20-40", "conv5_1:3,20-25", "conv5_1:*",
        "vgg16/conv5_1:25", "crisp", "seed:3", "0123", "CONV5", "conv5_1 crisp seed:3",
    ],
)  # fmt: skip
def test_the_name_alone_tells_what_is_kept(text):
    assert by_name(text) is True


@pytest.mark.parametrize(
    "text",
    ["conv5_2", "conv5_1:24", "conv5_2:25", "classic", "seed:0", "holiday", "crisp seed:4"],
)
def test_the_name_alone_tells_what_is_left_out(text):
    assert by_name(text) is False


@pytest.mark.parametrize(
    "text", ["verdict:silent", "silent", "activation>500", "conv5_1 activation<1"]
)
def test_what_only_the_record_tells_waits_for_it(text):
    assert by_name(text) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [("photo:", True), ("photo:cat", True), ("photo:CAT.j", True), ("photo:dog", False)],
)
def test_pictures_that_started_from_a_photo_are_found_by_its_name(text, kept):
    started = record(from_photo(task(25, CRISP, "conv5_1")))
    assert parse_filter(text).decide(known_by_record(started, FOREIGN)) is kept
    assert by_record(text) is False
    assert by_name(text) is None
    assert "is not a layer" in parse_filter(text, LAYER).trouble


def test_no_record_is_waited_for_where_another_word_decides():
    assert by_name("conv5_2 verdict:silent") is False


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("verdict:silent", True), ("VERDICT:silent", True), ("verdict:weak", False),
        ("activation>12", True), ("activation>12.5", False), ("activation>=12.5", True),
        ("activation<-1e3", False), ("activation<=13", True),
        ("conv5_1:25 crisp verdict:silent", True), ("seed:0", True), ("holiday", True),
    ],
)  # fmt: skip
def test_the_record_decides_whatever_the_file_is_called(text, kept):
    assert by_record(text) is kept


def test_a_foreign_file_is_opened_before_it_is_left_out():
    assert by_name("conv5_1", FOREIGN) is None
    assert parse_filter("conv5_1").decide(known_without_record(FOREIGN)) is False


def test_a_damaged_file_is_found_by_its_name():
    assert parse_filter("conv5_1:25").decide(known_without_record(NAME)) is True
    assert parse_filter("verdict:weak").decide(known_without_record(NAME)) is False


@pytest.mark.parametrize(
    ("text", "kept"),
    [("conv5_1", True), ("crisp", True), ("sheet", True), ("conv5_1:25", False),
     ("verdict:weak", False)],
)  # fmt: skip
def test_sheets_are_found_by_layer_and_preset(text, kept):
    assert by_name(text, SHEET) is kept


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("conv5_1:600", "conv5_1 has channels 0 to 511, such as conv5_1:20-40."),
        ("conv5_1:20-", "conv5_1 has channels 0 to 511, such as conv5_1:20-40."),
        ("conv5_9:2", "conv5_9: is not a layer; did you mean conv5_3:?"),
        ("verdct:silent", "verdct: is not a layer; did you mean verdict:?"),
        (":", ": is not a layer; try verdict:, tag: or seed:"),
        ("verdict:", "A verdict is excited, weak, silent or diverged."),
        ("verd", "Did you mean verdict:silent?"),
        ("seed:x", "A seed is a whole number, such as seed:3."),
        ("activation", "Compare the activation with a number: activation>500."),
        ("activation>", "Compare the activation with a number: activation>500."),
        ("activation>nan", "Compare the activation with a number: activation>500."),
    ],
)
def test_what_cannot_be_understood_is_told_and_the_rest_counts(word, sentence):
    found = parse_filter(f"crisp {word}")
    assert (found.trouble, found.text, len(found.tests)) == (sentence, "crisp", 1)


@pytest.mark.parametrize("word", ["\x1b[31m:3", "a\x1b]52;c;x\x07:", "activation>\x1b[2J"])
def test_sentences_are_safe_to_print(word):
    assert parse_filter(word).trouble.isprintable()


def test_a_filter_without_words_leaves_nothing_out():
    assert not parse_filter("  ")
    assert not parse_filter("seed:")
    assert parse_filter("a")


def test_networks_are_told_by_their_folder_and_their_layers_by_their_names():
    name = "layer4.2-0025-crisp-128px-s3-0123abcd.png"
    known = known_by_name(name, "/gallery/resnet50-imagenet1k_v2/layer4.2")
    assert (known.model, known.layer, known.channel) == ("resnet50", "layer4.2", 25)
    for text in ("resnet50", "layer4.2:20-40", "resnet50/layer4.2:25", "layer4.2"):
        assert parse_filter(text).decide(known) is True
    for text in ("vgg16", "layer4.1:20-40", "layer4.2:24"):
        assert parse_filter(text).decide(known) is False
