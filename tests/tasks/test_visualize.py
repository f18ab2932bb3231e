"""Job specifications: what makes two jobs the same, and which share a tensor."""

from types import ModuleType

import msgspec
import pytest

from convscope.core.ascent.recipes import PRESETS, Recipe, Transforms, override
from convscope.core.catalog.weights import EMBEDDED, Weights
from convscope.core.gallery.records import Record, decode, encode, is_of
from convscope.core.system.errors import UserError
from convscope.core.tasks.kinds import decode_task
from convscope.core.tasks.start_image import Square, StartImage
from convscope.core.tasks.visualize import Visualize, packs
from tests.samples import from_photo, job, jobs, record_of

FIRST_CRISP = Recipe(
    preset="crisp",
    lr=0.45,
    lr_hold=0.85,
    lr_end=0.1,
    betas=(0.4, 0.98),
    noise=0.04,
    transforms=Transforms(jitter=1.0, rotation=8.0, scale=0.08, identity_every=7),
    retries=2,
)
"""The preset as it was before recipes knew ``chroma`` and ``squash``."""


def test_a_digest_stays_what_it_was() -> None:
    # It stands in file names: were it to change, no picture made before would be found again.
    assert job("conv5_1:25", recipe=FIRST_CRISP).digest == "cb19e68b"


def test_what_crisp_was_is_vivid_with_the_same_digest() -> None:
    assert job("conv5_1:25", recipe=PRESETS["vivid"]).digest == "9e67cb90"
    large = override(PRESETS["vivid"], resolution=224)
    assert job("conv5_1:25", recipe=large).digest == "cdebfcd5"


def test_every_difference_shows_in_the_digest() -> None:
    crisp = PRESETS["crisp"]
    variants = [
        job("conv5_1:25"),
        job("conv5_1:26"),
        job("conv5_2:25"),
        job("conv5_1:25", seed=1),
        job("conv5_1:25", recipe=PRESETS["draft"]),
        job("conv5_1:25", recipe=PRESETS["vivid"]),
        job("conv5_1:25", recipe=override(crisp, lr=0.31)),
        msgspec.structs.replace(job("conv5_1:25"), precision="float32"),
        msgspec.structs.replace(job("conv5_1:25"), weights=Weights("IMAGENET1K_V1")),
        msgspec.structs.replace(job("conv5_1:25"), normalization="imagenet"),
        msgspec.structs.replace(job("conv5_1:25"), normalization="half"),
        from_photo(job("conv5_1:25"), keep=0),
        from_photo(job("conv5_1:25")),
        from_photo(job("conv5_1:25"), sha256="cd" * 32),
        cropped(from_photo(job("conv5_1:25"))),
    ]
    assert len({task.digest for task in variants}) == len(variants)


def cropped(task: Visualize) -> Visualize:
    """The same job, started from a part of its photo."""
    start = StartImage("ab" * 32, "/photos/cat.jpg", Square(10, 0, 300))
    return msgspec.structs.replace(task, start_image=start)


def test_a_photo_counts_by_its_content_wherever_it_lies() -> None:
    here = from_photo(job("conv5_1:25"))
    there = from_photo(job("conv5_1:25"), "/elsewhere/c.jpg")
    other = from_photo(job("conv5_1:25"), sha256="cd" * 32)
    assert here.digest == there.digest
    assert is_of(record_of(here), there)
    assert not is_of(record_of(here), other)
    assert not is_of(record_of(here), job("conv5_1:25"))
    assert not here.packs_with(other)


def test_a_start_from_noise_leaves_no_trace_in_jobs_and_records() -> None:
    task = job("conv5_1:25")
    assert b"start_image" not in task.encoded()
    assert b"keep" not in task.encoded()
    assert "start_image" not in encode(record_of(task))


def test_a_start_from_a_photo_survives_being_written_and_read() -> None:
    task = cropped(from_photo(job("conv5_1:25")))
    assert decode_task(task.encoded()) == task
    assert record_of(task).format > record_of(job("conv5_1:25")).format  # earlier versions read
    assert decode(encode(record_of(task)), "", Record).task().digest == (
        msgspec.structs.replace(task, precision="float32").digest
    )


@pytest.mark.parametrize("number", ["restarts", "variants"])
def test_what_would_be_the_same_picture_again_is_refused(number: str) -> None:
    crisp, classic = (
        override(PRESETS[name], objective="channel", **{number: 3}) for name in ("crisp", "classic")
    )
    from_photo(job("conv5_1:25", recipe=crisp)).check()
    with pytest.raises(UserError, match="add --transforms, or leave out --restarts and --variants"):
        from_photo(job("conv5_1:25", recipe=classic)).check()


def test_keeping_is_about_a_photo() -> None:
    with pytest.raises(UserError, match="name it with --start-image, or leave out --keep"):
        job("conv5_1:25", recipe=override(PRESETS["crisp"], keep=1.0)).check()


def test_no_default_of_a_recipe_has_changed() -> None:
    """File names leave out what has its default, so a new default would make one of two recipes."""
    assert msgspec.to_builtins(Recipe(preset="p")) == {
        "preset": "p",
        "objective": "channel",
        "tap": "pre",
        "parameterization": "fourier",
        "resolution": 128,
        "steps": 64,
        "optimizer": "adam",
        "lr": 0.3,
        "lr_hold": 1.0,
        "lr_end": 1.0,
        "betas": (0.9, 0.999),
        "start": (-1.0, 1.0),
        "noise": 0.01,
        "chroma": 1.0,
        "squash": "sigmoid",
        "falloff": 1.0,
        "knee": 0.0,
        "blur": 0.0,
        "contrast": 0.0,
        "transforms": {"jitter": 0.0, "rotation": 0.0, "scale": 0.0, "apart": False, "still": 0},
        "tv": 0.0,
        "l2": 0.0,
        "keep": 0.0,
        "variants": 1,
        "diversity": 1.0,
        "restarts": 1,
        "retries": 0,
    }


def test_moving_a_weights_file_changes_no_digest() -> None:
    here, there = (
        msgspec.structs.replace(job("conv5_1:25"), weights=Weights(f"{folder}/w.pth", "ab" * 32))
        for folder in ("/here", "/there")
    )
    assert here.digest == there.digest


@pytest.mark.parametrize("recipe", [*PRESETS.values(), override(PRESETS["classic"], lr=1)])
@pytest.mark.parametrize("format", [msgspec.json, msgspec.msgpack])
def test_a_job_survives_being_written_and_read(recipe: Recipe, format: ModuleType) -> None:
    task = job("conv5_1:25", recipe=recipe, seed=7)
    again = format.decode(format.encode(task), type=type(task))
    assert again == task
    assert again.digest == task.digest, "8 and 8.0 are equal and are not written alike"


def test_no_job_is_lost_when_the_memory_changes_between_packs() -> None:
    sizes = iter([8, 3, 1, 5, 8])
    found = packs(jobs("conv5_1:0-19"), lambda _: next(sizes))
    assert [len(pack) for pack in found] == [8, 3, 1, 5, 3]


def test_variants_of_a_target_share_a_pack() -> None:
    tasks = jobs("conv5_1:0-2", recipe=override(PRESETS["crisp"], variants=3))
    found = [[(task.channel, task.variant) for task in pack] for pack in packs(tasks, lambda _: 8)]
    assert found == [[(c, v) for c in pack for v in range(3)] for pack in ((0, 1), (2,))]


def test_packs_hold_one_kind_each_and_keep_the_order() -> None:
    mixed = [
        *jobs("conv5_1:0-2"),
        *jobs("conv5_2:0"),
        *jobs("conv5_1:3-4"),
        *jobs("conv5_1:5", seed=9),
    ]
    found = [[(task.layer, task.channel) for task in pack] for pack in packs(mixed, lambda _: 4)]
    assert found == [
        [("conv5_1", 0), ("conv5_1", 1), ("conv5_1", 2), ("conv5_1", 3)],
        [("conv5_1", 4), ("conv5_1", 5)],
        [("conv5_2", 0)],
    ]


@pytest.mark.parametrize(
    ("weights", "usual"),
    [
        (EMBEDDED, "caffe"),
        (Weights("IMAGENET1K_FEATURES"), "caffe"),
        (Weights("IMAGENET1K_V1"), "imagenet"),
        (Weights("/mine.pth", "ab" * 32), "imagenet"),
    ],
)
def test_the_usual_normalisation_is_left_out_so_that_file_names_hold(
    weights: Weights, usual: str
) -> None:
    assert weights.unusual(usual) == ""
    task = msgspec.structs.replace(job("conv5_1:25"), weights=weights)
    assert task.input_normalization == usual
    assert b"normalization" not in task.encoded()
    assert (
        record_of(task).task().digest == msgspec.structs.replace(task, precision="float32").digest
    )
