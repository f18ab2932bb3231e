"""``convscope atlas make``: a draft of every channel of a network, queued."""

import json

import click
import msgspec
import pytest
from click.testing import CliRunner

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.subjects import usual_subject
from convscope.core.jobs.store import JobStore
from convscope.tui.commands.atlas.group import SUBCOMMANDS
from convscope.tui.commands.lazy import LazyGroup
from convscope.tui.explorer.model.channel_tasks import ChannelTasks
from convscope.tui.explorer.model.history import NetworkHistory
from tests.commands.queueing import a_store, add, call  # noqa: F401
from tests.explorer.fakes import save, task


def test_a_draft_of_every_channel_is_queued_the_deepest_layers_first(store: JobStore) -> None:
    ended = call("atlas make vgg16 conv1_1 conv5_3 --no-start")
    assert (ended.code, ended.out) == (0, "1\n")
    assert "Queued 576 jobs as batch 1; convscope queue wait 1 waits for them" in ended.err
    made = [job.task for job in store.jobs()]
    assert made[:512] == [task(channel) for channel in range(512)]
    assert made[512:] == [task(channel, layer="conv1_1") for channel in range(64)]
    assert store.batch(1).name == "atlas of vgg16 conv1_1 conv5_3"


def test_what_is_there_or_on_its_way_is_left_out(store: JobStore, gallery) -> None:
    save(gallery, task(5))
    store.add_batch("by hand", [task(6), task(7, DRAFT, "conv5_2")], gallery)
    ended = call("atlas make vgg16 conv5_3 --no-start")
    assert "2 of 512 drafts are there or queued already." in ended.err
    assert {job.task.channel for job in store.jobs(batch=2)} == set(range(512)) - {5, 6}
    assert (call("atlas make vgg16 conv5_3 --no-start").out, len(store.batches())) == ("", 2)
    assert json.loads(call("atlas make vgg16 conv5_3 --no-start --json").out) == {"batches": []}


def test_larger_drafts_of_an_earlier_version_are_not_made_again(store: JobStore, gallery) -> None:
    made, queued = (
        msgspec.structs.replace(task(channel, layer="conv1_1"), recipe=DRAFT) for channel in (5, 6)
    )
    save(gallery, made)
    store.add_batch("by an earlier version", [queued], gallery)
    ended = call("atlas make vgg16 conv1_1 --no-start")
    assert "2 of 64 drafts are there or queued already." in ended.err
    assert {job.task.channel for job in store.jobs(batch=2)} == set(range(64)) - {5, 6}


def test_it_says_how_long_they_take_where_others_tell_and_how_to_stop(
    store: JobStore, gallery
) -> None:
    stop = "convscope queue cancel {} stops them, and what is made stays."
    ended = call("atlas make resnet50 layer4.2 --no-start")
    assert "convscope queue says how long they take once the first are made." in ended.err
    assert stop.format(1) in ended.err
    for channel in range(4):
        save(gallery, task(channel, layer="conv1_1"))  # in a second each
    ended = call("atlas make vgg16 conv1_1 --no-start")
    assert "About 60 s, if they take as long as those before." in ended.err
    assert "The atlas that is part of convscope has them all" in ended.err
    assert stop.format(2) in ended.err


def test_the_drafts_are_those_that_the_explorer_would_make(store: JobStore) -> None:
    subject = usual_subject("resnet50")
    call("atlas make resnet50 layer4.2 --no-start")
    tasks = ChannelTasks(NetworkHistory(subject))
    layers = [layer.name for layer in subject.layers]
    tasks.selection.select_layer(layers.index("layer4.2"))
    assert [job.task for job in store.jobs()] == tasks.drafts(range(2048))


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
