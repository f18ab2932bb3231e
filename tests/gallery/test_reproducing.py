"""The command that a record amounts to: typed again, it asks for the very same picture."""

import shlex

import msgspec
import pytest

from convscope.core.ascent.recipes import DRAFT, PRESETS, Recipe, Transforms, override
from convscope.core.ascent.tuning import fitted
from convscope.core.catalog.networks import network
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.records import Record
from convscope.core.gallery.reproducing import render_command
from convscope.core.jobs.store import JobStore
from convscope.core.tasks.visualize import Visualize
from tests.commands.queueing import a_store, call  # noqa: F401
from tests.samples import from_photo, job, record_of

CRISP, CLASSIC, VIVID = (PRESETS[name] for name in ("crisp", "classic", "vivid"))
V1 = "IMAGENET1K_V1"


def asked_by(record: Record, store: JobStore) -> list[Visualize]:
    """What the command of a record asks for."""
    words = shlex.split(render_command(record))
    assert words[:2] == ["convscope", "render"]
    ended = call(" ".join(["queue add", *words[2:], "--no-start"]))
    assert ended.code == 0, ended.err
    return [each.task for each in store.jobs()]


@pytest.mark.parametrize(
    "recipe",
    [
        *PRESETS.values(),
        override(CRISP, steps=7, lr=0.05, resolution=160, tv=500.0, l2=1e-7, restarts=3),
        override(CLASSIC, start=(-0.25, 0.25), objective="channel", tap="post", optimizer="sgd"),
        override(VIVID, transforms=Transforms(jitter=4.5, exclusive=True, identity_every=3)),
        override(CRISP, transforms=Transforms(), parameterization="bounded", start=(-2.0, 1.0)),
        msgspec.structs.replace(VIVID, preset="crisp"),
    ],
    ids=lambda recipe: recipe.preset,
)
def test_the_command_asks_for_the_same_again(recipe: Recipe, store: JobStore) -> None:
    record = record_of(job("conv4_1:25", recipe=recipe, seed=3))
    (task,) = asked_by(record, store)
    assert record_of(task) == msgspec.structs.replace(record, recipe=task.recipe)
    assert task.digest == record.task().digest, "whatever its preset is called by now"


@pytest.mark.parametrize("side", [32, 64])
def test_a_draft_is_asked_for_in_its_size_whichever_version_made_it(
    side: int, store: JobStore
) -> None:
    record = record_of(job("conv1_1:25", recipe=override(DRAFT, resolution=side)))
    (task,) = asked_by(record, store)
    assert task.recipe == record.recipe


def test_all_variants_are_asked_for(store: JobStore) -> None:
    recipe = override(CRISP, variants=2, diversity=0.5)
    record = msgspec.structs.replace(record_of(job("conv4_1:25", recipe=recipe)), variant=1)
    assert record.task() in asked_by(record, store)


def test_other_networks_are_asked_for_with_their_weights() -> None:
    resnet50 = network("resnet50")
    draft = fitted(DRAFT, resnet50, resnet50.layer("layer2.0"))
    task = job("resnet50/layer2.0:5", recipe=draft)
    command = render_command(record_of(msgspec.structs.replace(task, weights=Weights(V1))))
    assert command == (
        f"convscope render resnet50/layer2.0:5 --weights {V1} --preset draft --precision float32"
    )


def test_no_folder_of_a_file_is_told() -> None:
    weights = Weights("/home/ada/secret/run 7.pth", "cd" * 32)
    task = msgspec.structs.replace(job("conv4_1:25"), weights=weights)
    command = render_command(record_of(task))
    assert "--weights 'run 7.pth' --normalize imagenet" in command
    assert "ada" not in command


def test_what_no_options_say_has_no_command() -> None:
    record = record_of(job("conv4_1:25"))
    replace = msgspec.structs.replace
    finer = replace(record.recipe, falloff=1.5)
    for other in (
        replace(record, recipe=finer),
        replace(record, recipe=replace(record.recipe, preset="mine")),
        replace(record, model="no_such_network"),
        replace(record, layer="conv9_9"),
        record_of(from_photo(record.task())),
    ):
        assert render_command(other) == ""
