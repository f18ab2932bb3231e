"""How facts are written, and broken into lines."""

import msgspec
import pytest

from convscope.tui.explorer.model.file_words import file_facts
from convscope.tui.explorer.model.pictures import Picture, PictureFile
from convscope.tui.explorer.model.words import NO_BREAK, aligned
from convscope.tui.explorer.widgets.details import folded
from tests.explorer.fakes import record, task


def test_a_path_breaks_between_its_folders():
    path = "file /tmp/gallery/vgg16-embedded/conv5_1/conv5_1-0026-crisp-128px-s0-e74822a2.png"
    assert folded(path, 42) == [
        "file /tmp/gallery/vgg16-embedded/conv5_1/",
        "conv5_1-0026-crisp-128px-s0-e74822a2.png",
    ]


@pytest.mark.parametrize("text", ["a/" + "b" * 30, "b" * 30, "a " + "b" * 30])
def test_no_line_is_left_half_empty(text):
    assert all(len(line) > 5 for line in folded(text, 10)[:-1])
    assert "".join(folded(text, 10)).replace(" ", "") == text.replace(" ", "")


def test_a_sentence_breaks_at_spaces():
    assert folded("rate 0.8 and/or seed 0", 14) == ["rate 0.8", "and/or seed 0"]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([76.7, 9.0, -5.07, -15.0], [" 76.7", "  9.0", " -5.1", "-15.0"]),
        ([1123.4, 406.2, 3.75], ["1,123", "  406", "    4"]),
        ([0.5, 0.012], ["0.500", "0.012"]),
        ([], []),
    ],
)
def test_values_below_each_other_have_their_points_in_a_line(values, written):
    assert [text.replace(NO_BREAK, " ") for text in aligned(values)] == written


@pytest.mark.parametrize(("seconds", "told"), [(0.3, "<1 s"), (4.4, "4 s"), (90.0, "90 s")])
def test_a_draft_takes_no_0_seconds(seconds, told):
    made = msgspec.structs.replace(record(task(0)), seconds=seconds, device="AMD EPYC, 2 threads")
    file = PictureFile("gallery", "a.png", 0)
    facts = {fact.label: fact.text for fact in file_facts(Picture(file, 24, "ours", made))}
    assert facts["device"].replace(NO_BREAK, " ") == f"AMD EPYC · float32 · {told}"
