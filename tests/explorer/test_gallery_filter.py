"""The gallery's filter: what each word keeps, and what is said of words that mean nothing."""

from dataclasses import replace

import pytest

from convscope.tui.explorer.gallery_briefs import brief_of_name, brief_of_record
from convscope.tui.explorer.gallery_filter import parse_filter
from tests.explorer.fakes import CRISP, record, task

NAME = "conv5_1-0025-crisp-128px-s3-0123abcd.png"
SHEET = "conv5_1-20-29_104-crisp-128px-s3-2x5-0123abcd-sheet.png"
FOREIGN = "Holiday.png"


def by_name(text, name=NAME):
    """What a filter says of a file that was not opened."""
    return parse_filter(text).decide(name, brief_of_name(name))


def brief_without_record(name):
    """What is known of a file whose record cannot be read."""
    return replace(brief_of_name(name), whole=True)


def by_record(text, verdict="silent", activation=12.5):
    """What it says of conv5_1:25 with its record, whatever the file is called."""
    brief = brief_of_record(record(task(25, CRISP, "conv5_1"), verdict, activation))
    return parse_filter(text).decide(FOREIGN, brief)


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


@pytest.mark.parametrize("text", ["verdict:silent", "activation>500", "conv5_1 activation<1"])
def test_what_only_the_record_tells_waits_for_it(text):
    assert by_name(text) is None


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
    assert parse_filter("conv5_1").decide(FOREIGN, brief_without_record(FOREIGN)) is False


def test_a_damaged_file_is_found_by_its_name():
    assert parse_filter("conv5_1:25").decide(NAME, brief_without_record(NAME)) is True
    assert parse_filter("verdict:weak").decide(NAME, brief_without_record(NAME)) is False


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
        ("conv5_9:2", "conv5_9: is no layer; did you mean conv5_3:?"),
        ("verdct:silent", "verdct: is no layer; did you mean verdict:?"),
        (":", "Nothing: is no layer, nor verdict: or seed:."),
        ("verdict:", "A verdict is excited, weak, silent or diverged."),
        ("verd", "Write verdict:silent."),
        ("seed:x", "A seed is a whole number, such as seed:3."),
        ("activation", "An activation is compared, as in activation>500."),
        ("activation>", "After activation> stands a number such as 500, not nothing."),
        ("activation>nan", "After activation> stands a number such as 500, not nan."),
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
