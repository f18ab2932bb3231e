"""What the explorer says: facts of a picture, toasts, the closing line."""

from pathlib import Path

import pytest

from convscope.core.jobs.rows import Job
from convscope.tui.batch_words import duration
from convscope.tui.explorer.feed import QueueCounts, Queued
from convscope.tui.explorer.model.channel_words import ChannelState, facts, preset_shown
from convscope.tui.explorer.model.file_words import file_facts
from convscope.tui.explorer.model.pictures import OURS, Picture, PictureFile
from convscope.tui.explorer.phrases import closing_line, failed_phrase, queued_phrase
from convscope.tui.explorer.queue_words import job_facts
from tests.explorer.fakes import CRISP, frame, record, task
from tests.samples import from_photo

FULL = task(25, CRISP)


def said(chosen):
    return {fact.label: fact.text for fact in facts(chosen)}


def test_a_growing_picture_says_its_step_and_what_is_left():
    growing = frame(FULL)
    chosen = ChannelState(
        FULL, frame=growing, step=24, steps=64, seconds_left=3.2, curve=growing.curve
    )
    assert said(chosen)["rendering"] == "step 24 / 64 · 3 s left"
    assert said(chosen)["activation"] == "81"


def test_a_draft_says_that_it_is_one():
    chosen = ChannelState(FULL, record=record(task(25)), path=Path("/p.png"))
    assert said(chosen)["state"].startswith("draft;")


def test_what_is_seen_is_called_by_its_own_preset():
    draft = record(task(25))
    assert preset_shown(ChannelState(FULL, record=draft)) == "draft"
    assert preset_shown(ChannelState(FULL, record=draft, frame=frame(FULL))) == "crisp"
    assert preset_shown(ChannelState(FULL)) == "crisp"


def test_a_saved_picture_says_verdict_recipe_and_path():
    chosen = ChannelState(FULL, record=record(FULL), path=Path("/a/b.png"))
    assert said(chosen) == {
        "state": "✓ saved in full",
        "activation": "4,561 ●\u00a0excited",
        "recipe": "crisp · 128 px · 28 steps · rate 0.8 · seed 0",
        "file": "/a/b.png",
    }


def test_a_start_from_a_photo_is_told_by_its_name():
    started = from_photo(FULL, "/photos/\x1b[2Jcat.jpg", keep=0.5)
    line = "crisp · 128 px · 28 steps · rate 0.8 · seed 0 · from \\x1b[2Jcat.jpg · keep 0.5"
    assert said(ChannelState(started))["recipe"] == line
    job = Job(1, 1, started, Path("/g"), "queued", 1)
    assert [fact.text for fact in job_facts(job)] == [line]
    picture = PictureFile("/g", "a.png", 0)
    facts_of = file_facts(Picture(picture, 0, OURS, record(started)))
    assert {fact.label: fact.text for fact in facts_of}["photo"] == (
        "\\x1b[2Jcat.jpg\u00a0· keep\u00a00.5"
    )


def test_foreign_text_cannot_drive_the_terminal():
    job = Job(1, 1, FULL, Path("/g"), "failed", 1, error="\x1b[2J[/bold]\nboom")
    text = said(ChannelState(FULL, job))["state"]
    assert text == "! failed: \\x1b[2J[/bold] boom"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "<1 s"), (1.4, "1 s"), (99, "99 s"), (150, "2 min"), (7500, "2 h 5 min")],
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("queued", "text"),
    [
        (Queued(added=1), "queued"),
        (Queued(hastened=1), "moved to the front; it runs next"),
        (Queued(added=1, hastened=2), "queued 1, moved 2 to the front to run next"),
        (Queued(waiting=1), "already queued"),
        (Queued(saved=1), "already saved"),
        (
            Queued(added=500, waiting=10, saved=2),
            "queued 500 (no time estimate yet), 10 already queued, 2 already saved",
        ),
    ],
)
def test_a_request_is_answered(queued, text):
    assert queued_phrase(queued, "it", "crisp") == f"it, crisp: {text}"


def test_failures_are_told_together():
    job = Job(1, 1, FULL, Path("/g"), "failed", 1, error="no memory")
    assert failed_phrase(job, 3) == "vgg16/conv5_3:25 failed (and 2 others): no memory"


def test_the_closing_line_says_how_much_and_how_to_come_back(monkeypatch):
    monkeypatch.setenv("CONVSCOPE_GALLERY", "/pics")
    assert closing_line(QueueCounts(queued=2, running=1), Path("/pics"), worker_runs=True) == (
        "Work goes on without this window: 3 pictures to make. "
        "This gallery is /pics; come back with: convscope"
    )
    assert closing_line(QueueCounts(done=4), Path("/other dir"), worker_runs=True).endswith(
        "come back with: convscope --gallery '/other dir'"
    )


def test_the_closing_line_promises_nothing_when_nobody_works():
    line = closing_line(QueueCounts(queued=1), Path("/pics"), worker_runs=False)
    assert line.startswith(
        "1 picture to make, but no worker is running; opening convscope starts one."
    )
    line = closing_line(
        QueueCounts(queued=1), Path("/pics"), worker_runs=False, worker_stopped=True
    )
    assert "but the worker is stopped; convscope worker start starts it." in line
