"""``convscope atlas make``: a draft of every channel of a network, queued."""

import json

import click
import pytest
from click.testing import CliRunner

from convscope.core.ascent.recipes import DRAFT
from convscope.core.jobs.store import JobStore
from convscope.tui.commands.atlas.group import SUBCOMMANDS
from convscope.tui.commands.lazy import LazyGroup
from tests.commands.queueing import a_store, add, call  # noqa: F401
from tests.explorer.fakes import save, task


def test_a_draft_of_every_channel_is_queued_the_deepest_layers_first(store: JobStore) -> None:
    ended = call("atlas make vgg16 conv1_1 conv5_3 --no-start")
    assert (ended.code, ended.out) == (0, "1\n")
    assert "Queued 576 jobs; convscope queue wait 1 follows them" in ended.err
    made = [job.task for job in store.jobs()]
    assert made[:512] == [task(channel) for channel in range(512)]
    assert made[512:] == [task(channel, layer="conv1_1") for channel in range(64)]
    assert store.batch(1).name == "atlas of vgg16 conv1_1 conv5_3"


def test_what_is_there_or_on_its_way_is_left_out(store: JobStore, gallery) -> None:
    save(gallery, task(5))
    store.add_batch("by hand", [task(6), task(7, DRAFT, "conv5_2")], gallery)
    ended = call("atlas make vgg16 conv5_3 --no-start")
    assert "2 drafts of 512 are in the gallery or the queue already." in ended.err
    assert {job.task.channel for job in store.jobs(batch=2)} == set(range(512)) - {5, 6}
    assert (call("atlas make vgg16 conv5_3 --no-start").out, len(store.batches())) == ("", 2)
    assert json.loads(call("atlas make vgg16 conv5_3 --no-start --json").out) == {"batches": []}


def test_an_unknown_layer_is_named(store: JobStore) -> None:
    ended = call("atlas make vgg16 conv5_9 --no-start")
    assert ended.code == 2
    assert "vgg16 has no layer 'conv5_9'" in ended.err
    assert not store.batches()


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself(name: str) -> None:
    assert "--help" in call(f"atlas {name} --help").out


QUEUE = {
    "show": ("queue.listing:show", "Show a batch."),
    "list": ("queue.listing:listing", "List all batches."),
}


def test_a_group_can_stand_for_a_subcommand_that_takes_words(store: JobStore, gallery) -> None:
    add(store, gallery, "conv5_1:3", name="the batch")
    group = LazyGroup(lazy=QUEUE, default="show", name="queue")

    def run(*words: str) -> str:
        return CliRunner().invoke(group, words).output

    assert "conv5_1:3" in run("1")
    assert run("--json", "1") == run("show", "--json", "1")
    assert "the batch" in run("list")
    assert "Show a batch." in run("--help")


def test_a_shell_is_offered_what_a_default_subcommand_takes(store: JobStore, gallery) -> None:
    add(store, gallery, "conv5_1:3")
    group = LazyGroup(lazy=QUEUE, default="show", name="queue")
    offered = group.shell_complete(click.Context(group), "")
    assert [item.value for item in offered][:3] == ["show", "list", "1"]
