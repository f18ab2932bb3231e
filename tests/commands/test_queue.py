"""``convscope queue add, list, show``, and what steers batches."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from convscope.core.gallery.paths import picture_path
from convscope.core.jobs.database import QUEUE_NAME
from convscope.core.jobs.rows import FRONT
from convscope.core.jobs.store import JobStore
from convscope.core.runner.live import Live, LiveFrame, live_box
from convscope.core.system.folders import state_folder
from convscope.tui.commands.queue.group import SUBCOMMANDS
from tests.commands.queueing import Played, a_store, add, call  # noqa: F401
from tests.commands.test_start import HEAVY, loaded_by
from tests.conftest import Ended
from tests.samples import jobs

Run = Callable[..., Ended]


# ---- add -----------------------------------------------------------------------------------


def test_add_prints_the_number_alone(run_cli: Run, store: JobStore, gallery: Path) -> None:
    ended = run_cli("queue", "add", "conv5_1:20-29", "conv1_1:3", "--no-start")
    assert (ended.code, ended.out) == (0, "1\n")
    assert "11 jobs" in ended.err
    assert "convscope queue wait 1" in ended.err
    assert [job.task for job in store.jobs(batch=1)] == jobs("conv5_1:20-29", "conv1_1:3")
    assert store.batch(1).name == "conv5_1:20-29 conv1_1:3"
    assert {job.gallery for job in store.jobs()} == {gallery}
    assert not gallery.exists(), "it was only tried whether it can be written"


def test_add_takes_the_options_of_making_pictures(store: JobStore, tmp_path: Path) -> None:
    line = "queue add conv5_1:3 --preset classic --steps 7 --seed 5 --force --name nightly"
    call(f"{line} --gallery {tmp_path}/elsewhere --no-start")
    (job,) = store.jobs()
    assert (job.task.recipe.preset, job.task.recipe.steps, job.task.seed) == ("classic", 7, 5)
    assert (job.force, job.gallery) == (True, tmp_path / "elsewhere")
    assert store.batch(1).name == "nightly"


def test_add_puts_a_batch_first(store: JobStore) -> None:
    call("queue add conv5_1:3 --no-start")
    call("queue add conv5_1:4 --no-start --first")
    assert [job.task.channel for job in Played(store).claim()] == [4]
    assert store.database.read("SELECT priority FROM jobs ORDER BY id") == [(0,), (FRONT,)]


def test_add_says_that_the_queue_is_paused(store: JobStore) -> None:
    store.pause()
    assert (
        "The queue is paused; convscope queue resume resumes it."
        in call("queue add conv5_1:3 --no-start").err
    )


def test_add_as_json_is_one_document(run_cli: Run) -> None:
    ended = run_cli("queue", "add", "conv5_1:3", "--no-start", "--json")
    (batch,) = json.loads(ended.out)["batches"]
    assert (batch["id"], batch["jobs"], batch["queued"]) == (1, 1, 1)


HELD = "cannot be written (No space left on device); its jobs wait until it can."


def test_a_gallery_that_is_held_back_is_told_everywhere(
    store: JobStore, gallery: Path, tmp_path: Path
) -> None:
    add(store, gallery, "conv5_1:0-5")
    other = add(store, tmp_path / "other", "conv4_1:0")
    Played(store).hold_back()
    for line in ("queue", "queue show 1", "worker"):
        assert f"The gallery {gallery} {HELD}" in call(line).out
    assert HELD in call("queue first 1").err
    assert HELD in call("queue add conv5_1:9 --no-start").err
    rows = [line.split()[:3] for line in call("queue list").out.splitlines()]
    assert [str(other), "queued", "1"] in rows
    assert ["1", "held", "back"] in rows

    document = json.loads(call("queue list --json").out)
    assert document["held"] == json.loads(call("worker --json").out)["held"]
    (held,) = document["held"]
    assert (held["gallery"], held["reason"]) == (str(gallery), "No space left on device")
    assert [batch["held"] for batch in document["batches"]] == [
        held["reason"],
        None,
        held["reason"],
    ]
    checks = json.loads(call("doctor --json").out)["checks"]
    (found,) = (each for each in checks if each["name"] == "queue")
    assert f"{gallery} cannot be written (No space left on device)" in found["detail"]
    store.cancel(1)
    store.cancel(3)
    assert json.loads(call("queue list --json").out)["held"] == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("queue add", "No target was named"),
        ("queue add conv6_1:3", "nearest are conv5_1"),
        ("queue add conv5_1:3 --gallery /proc/nowhere", "choose another with --gallery"),
        ("queue add conv5_1:3 --name \x1b[2J", "cannot be a batch's name"),
        ("queue add conv5_1:3 --device abacus", "write auto, cpu, cuda"),
    ],
)
def test_what_cannot_be_made_is_not_queued(line: str, sentence: str, store: JobStore) -> None:
    ended = call(line)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert ended.err.isprintable()
    assert store.batches() == []


# ---- list and show -------------------------------------------------------------------------


def test_an_empty_queue_says_how_to_fill_it(run_cli: Run) -> None:
    assert "convscope queue add" in run_cli("queue").out
    assert json.loads(run_cli("queue", "--json").out) == {
        "batches": [],
        "paused": False,
        "runner": False,
        "trouble": "",
        "held": [],
        "eta_seconds": 0,
    }


def test_the_list_as_json(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-5", name="the first")
    worker = Played(store)
    worker.finish(2)
    worker.fail()
    worker.claim()
    add(store, gallery, "conv5_1:7", name="the second")
    store.pause(2)
    document = json.loads(call("queue list --json").out)
    second, first = document["batches"]
    assert datetime.fromisoformat(first.pop("created")).utcoffset().total_seconds() == 0
    assert first == {
        "id": 1,
        "name": "the first",
        "paused": False,
        "jobs": 6,
        "queued": 2,
        "running": 1,
        "done": 2,
        "failed": 1,
        "cancelled": 0,
        "position": 1,
        "eta_seconds": 6.0,
        "held": None,
    }
    assert (second["name"], second["paused"], second["eta_seconds"]) == ("the second", True, 2.0)
    assert document["eta_seconds"] == 6.0, "what is paused does not count"
    store.pause()
    assert json.loads(call("queue list --json").out)["eta_seconds"] is None


def test_the_time_left_is_told_before_the_first_picture_is_done(
    store: JobStore, gallery: Path
) -> None:
    add(store, gallery, "conv5_1:0-5")
    first, second = Played(store).claim(2)
    keys = [job.task.digest for job in (first, second)]
    frames = [
        LiveFrame(
            key=key, model="vgg16", layer="conv5_1", channel=0, preset="crisp", curve=[], size=0,
            rgb=b"",
        )
        for key in keys
    ]  # fmt: skip
    box = live_box(state_folder())
    box.send("cpu", Live(step=1, steps=20, seconds_per_step=0.5, frames=frames))
    assert json.loads(call("queue list --json").out)["eta_seconds"] is None
    box.send("cpu", Live(step=2, steps=20, seconds_per_step=0.5, frames=frames))
    document = json.loads(call("queue list --json").out)
    assert document["eta_seconds"] == 6 * 5 - 2 * 0.5
    assert document["batches"][0]["eta_seconds"] == document["eta_seconds"]
    assert "6 jobs left, 29 s; the worker is not running" in call("queue").out
    assert "2 running; 29 s left" in call("queue show 1").out


def test_the_list_shows_names_from_elsewhere_inert(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-5", name="\x1b]0;title\x07 \u202e")
    add(store, gallery, "conv5_1:7")
    Played(store).finish(3)
    lines = call("queue").out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert lines[1].split()[:9] == ["2", "queued", "1", "0", "0", "0", "2", "2", "s"]
    assert lines[2].split()[:9] == ["1", "queued", "6", "3", "0", "0", "1", "6", "s"]
    assert lines[-1].startswith("4 jobs left, 8 s; the worker is not running")


def test_show_as_json_tells_of_every_job(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-3")
    worker = Played(store)
    worker.finish()
    worker.fail("no memory")
    worker.claim()
    document = json.loads(call("queue show 1 --json").out)
    assert [batch["id"] for batch in document["batches"]] == [1]
    done, failed, running, queued = document["jobs"]
    (task,) = jobs("conv5_1:0")
    assert done == {
        "id": 1,
        "target": "vgg16/conv5_1:0",
        "state": "done",
        "attempts": 1,
        "activation": 1234.5,
        "verdict": "excited",
        "path": str(picture_path(gallery, task)),
        "error": None,
    }
    assert (failed["state"], failed["error"], failed["path"]) == ("failed", "no memory", None)
    assert (running["state"], running["attempts"], running["path"]) == ("running", 1, None)
    assert (queued["state"], queued["attempts"], queued["verdict"]) == ("queued", 0, None)


def test_show_tells_errors_and_pictures(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-2")
    worker = Played(store)
    worker.finish()
    worker.fail("a \x1b[31mred\u202e\nerror")
    lines = call("queue show 1").out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert lines[1] == "3 jobs: 1 queued, 1 done, 1 failed; 2 s left"
    assert lines[4].endswith(".png")
    assert lines[5].endswith("a \\x1b[31mred\\u202e error")


@pytest.mark.parametrize(
    "command", ["show", "cancel", "retry", "first", "move --up", "pause", "resume", "wait"]
)
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("99", "There is no batch 99"),
        ("three", "three is not the number of a batch"),
        ("1.0", "1.0 is not the number of a batch"),
        ("9" * 40, "is not the number of a batch"),
        ("9" * 18, "There is no batch"),
    ],
)
def test_a_wrong_number_is_one_sentence(
    command: str, number: str, sentence: str, store: JobStore
) -> None:
    ended = call(f"queue {command} {number}")
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert "convscope queue lists them" in ended.err


# ---- pause, resume, cancel, retry, first, move ---------------------------------------------------


def test_batches_are_paused_and_resumed(store: JobStore, gallery: Path) -> None:
    for channel in range(3):
        add(store, gallery, f"conv5_1:{channel}")
    assert "Paused batches 1 and 3 with 2 jobs left" in call("queue pause 1 3").err
    assert [batch.paused for batch in store.batches()] == [True, False, True]
    assert "Resumed batch 3 with 1 job left" in call("queue resume 3 --no-start").err
    assert [batch.paused for batch in store.batches()] == [False, False, True]


def test_the_whole_queue_is_paused_and_resumed(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-4")
    store.pause(1)
    assert "Paused the queue with 5 jobs left" in call("queue pause").err
    assert store.is_paused()
    assert "the queue is paused" in call("queue").out
    said = call("queue resume --no-start").err
    assert "Batch 1 is paused; convscope queue resume 1 resumes it." in said
    assert not store.is_paused()
    assert store.batch(1).paused


def test_batches_are_cancelled_and_retried(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0-3")
    add(store, gallery, "conv5_1:7")
    Played(store).finish(2)
    said = call("queue cancel 1 2").err
    assert "Cancelled 3 jobs of batches 1 and 2, 2 were already done; convscope queue" in said
    assert store.counts() == {"done": 2, "cancelled": 3}
    assert "Queued 2 jobs of batch 1 again" in call("queue retry 1 --no-start").err
    assert store.counts() == {"done": 2, "queued": 2, "cancelled": 1}


@pytest.mark.parametrize("command", ["pause", "resume", "cancel", "retry", "first", "move --down"])
def test_what_cannot_be_done_to_a_batch_is_refused(
    command: str, store: JobStore, gallery: Path
) -> None:
    add(store, gallery, "conv5_1:0")
    add(store, gallery, "conv5_1:7-8")
    Played(store).finish()
    before = store.batches()
    ended = call(f"queue {command} 1")
    assert (ended.code, ended.out) == (2, "")
    verb = {"first": "run", "move --down": "move"}.get(command, command)
    has = "has no failed or cancelled jobs" if command == "retry" else "has ended"
    assert ended.err == f"Batch 1 {has}; there is nothing to {verb}."
    assert store.batches() == before
    if command != "retry":  # of the second, there is nothing to be retried either
        both = call(f"queue {command} 1 2" + " --no-start" * (command == "resume"))
        assert both.code == 0
        assert f"Batch 1 has ended; there is nothing to {verb}." in both.err
        assert "atch 2" in both.err


def test_a_wrong_number_among_others_changes_nothing(store: JobStore, gallery: Path) -> None:
    add(store, gallery, "conv5_1:0")
    assert call("queue cancel 1 99").code == 2
    assert store.counts() == {"queued": 1}


def test_batches_come_first_in_the_order_named(store: JobStore, gallery: Path) -> None:
    for channel in range(4):
        add(store, gallery, f"conv5_1:{channel}")
    assert "Batches 4 and 3 run next, with 2 jobs left." in call("queue first 4 3").err
    worker = Played(store)
    assert [worker.claim()[0].task.channel for _ in range(4)] == [3, 2, 0, 1]


def test_batches_move_up_and_down_in_the_order(store: JobStore, gallery: Path) -> None:
    for channel in range(4):
        add(store, gallery, f"conv5_1:{channel}")
    assert "Batch 4 now runs at 3 of 4." in call("queue move 4 --up").err
    assert "Batches 1 and 2 now run at 2, 3 of 4." in call("queue move 1 2 --down").err
    assert store.order() == [4, 1, 2, 3]
    rows = [line.split() for line in call("queue").out.splitlines()[1:5]]
    assert {row[0]: row[6] for row in rows} == {"4": "1", "1": "2", "2": "3", "3": "4"}
    ended = call("queue move 1")
    assert (ended.code, ended.err) == (2, "Say where to move: add --up or --down.")


def test_a_damaged_queue_is_set_aside_and_the_user_told(run_cli: Run) -> None:
    path = state_folder() / QUEUE_NAME
    path.write_bytes(b"this is no database" * 300)
    ended = run_cli("queue", "list", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["batches"] == []
    (said,) = ended.err.splitlines()
    assert "damaged and set aside" in said


# ---- the command line ----------------------------------------------------------------------


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself(name: str) -> None:
    said = call(f"queue {name} --help").out
    assert f"Usage: convscope queue {name} " in said


def test_a_misspelt_subcommand_is_answered_with_the_nearest() -> None:
    ended = call("queue shwo 1")
    assert ended.code == 2
    assert "did you mean show? (convscope queue --help" in ended.err


def test_json_belongs_behind_the_subcommand() -> None:
    assert "Write --json after show" in call("queue --json show 1").err


def test_no_subcommand_loads_anything_heavy() -> None:
    modules = {
        f"convscope.tui.commands.{place.partition(':')[0]}" for place, _ in SUBCOMMANDS.values()
    }
    assert not loaded_by(f"import {', '.join(sorted(modules))}") & HEAVY
