"""The commands that make pictures, on the real network, made small."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from convscope.core.ascent.recipes import Transforms
from convscope.core.gallery.pictures import read_picture
from convscope.tui.commands.cli import cli
from tests.conftest import COMMAND, Ended
from tests.samples import job, save

Run = Callable[..., Ended]
SMALL = ("--steps", "2", "--resolution", "32", "--device", "cpu")


def call(*arguments: str) -> Ended:
    """Run a command in this process, where torch is loaded but once for all tests."""
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    if result.exception:
        raise result.exception
    return Ended(result.return_value or 0, result.stdout, result.stderr)


def pictures_in(gallery: Path) -> list[Path]:
    return sorted(gallery.rglob("*.png"))


def times_of(paths: list[Path]) -> list[int]:
    return [path.stat().st_mtime_ns for path in paths]


def test_render_makes_pictures_and_prints_their_paths(gallery: Path) -> None:
    ended = call("render", "conv1_1:3-4", *SMALL, "--preset", "classic")
    assert (ended.code, ended.err) == (0, "")
    assert [Path(line) for line in ended.lines] == pictures_in(gallery)
    assert [read_picture(Path(line))[1].channel for line in ended.lines] == [3, 4]


def test_options_of_the_engine_are_recorded(gallery: Path) -> None:
    options = ("--optimizer", "rmsprop", "--tv", "5", "--l2", "7", "--transforms", "jitter=2")
    options += ("--parameterization", "bounded")
    (path,) = call("render", "conv1_2:3", *SMALL, *options).lines
    recipe = read_picture(Path(path))[1].recipe
    assert (recipe.optimizer, recipe.tv, recipe.l2) == ("rmsprop", 5, 7)
    assert recipe.transforms == Transforms(jitter=2)
    assert recipe.parameterization == "bounded"


def test_variants_are_pictures_of_their_own(gallery: Path) -> None:
    paths = call("render", "conv2_1:3", *SMALL, "--variants", "3").lines
    assert [read_picture(Path(path))[1].variant for path in paths] == [0, 1, 2]
    assert [Path(path).name.split("-")[4] for path in paths] == ["s0v0", "s0v1", "s0v2"]
    assert len({Path(path).read_bytes() for path in paths}) == 3


def test_a_direction_is_read_from_a_file_and_recorded_at_length_one(
    gallery: Path, tmp_path: Path
) -> None:
    rows = np.zeros((2, 64), dtype=np.float32)
    rows[0, 3], rows[1, 5], rows[1, 7] = 2, 3, -4
    np.save(tmp_path / "rows.npy", rows)
    file = str(tmp_path / "rows.npy")
    paths = call("render", "conv1_1:0-1", *SMALL, "--direction", file).lines
    records = [read_picture(Path(path))[1] for path in paths]
    assert [record.recipe.objective for record in records] == ["direction", "direction"]
    assert records[0].direction[3] == 1
    assert (records[1].direction[5], records[1].direction[7]) == (0.6, -0.8)


def test_a_silent_channel_is_named_with_what_shows_that_it_is_dead(gallery: Path) -> None:
    ended = call("render", "conv5_3:0-5", *SMALL, "--lr", "1e-6")
    assert "silent: vgg16/conv5_3:" in ended.err
    assert "from 3 starts)" in ended.err


@pytest.mark.long
def test_forty_pictures_take_no_more_memory_than_eight(gallery: Path, tmp_path: Path) -> None:
    measured = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""

    def peak(targets: str) -> int:
        command = [*COMMAND, "render", targets, "--device", "cpu", "--steps", "2"]
        wrapped = [sys.executable, "-c", measured, *command]
        return int(subprocess.run(wrapped, check=True, capture_output=True, text=True).stdout)

    eight, forty = peak("conv2_1:0-7"), peak("conv2_1:10-49")
    assert forty < 1.1 * eight
    assert forty < 3_000_000, "kilobytes"


def test_render_makes_again_only_when_forced(gallery: Path) -> None:
    made = call("render", "conv1_1:3-4", *SMALL)
    before = times_of(pictures_in(gallery))

    document = json.loads(call("render", "conv1_1:3-4", *SMALL, "--json").out)
    assert [each["path"] for each in document["pictures"]] == made.lines
    assert [each["new"] for each in document["pictures"]] == [False, False]
    assert times_of(pictures_in(gallery)) == before

    assert call("render", "conv1_1:3-4", *SMALL, "--force").lines == made.lines
    after = times_of(pictures_in(gallery))
    assert all(now > then for now, then in zip(after, before, strict=True))


def test_a_damaged_file_is_made_again_and_the_others_stay(gallery: Path) -> None:
    made = call("render", "conv1_1:3-4", *SMALL).lines
    Path(made[0]).write_bytes(Path(made[0]).read_bytes()[:200])
    document = json.loads(call("render", "conv1_1:3-4", *SMALL, "--json").out)
    assert [each["new"] for each in document["pictures"]] == [True, False]
    assert read_picture(Path(made[0]))[1].channel == 3


def test_a_picture_is_made_again_from_its_record_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    classic = ("--preset", "classic", "--start", "-0.25", "0.25")
    (made,) = call("render", "conv1_1:3", *SMALL, *classic).lines
    ended = call("reproduce", made, "--device", "cpu")
    assert ended.code == 0
    assert ended.lines == [f"{Path(made).stem}-reproduced.png"]
    assert "equal in every pixel" in ended.err
    first, again = read_picture(Path(made)), read_picture(tmp_path / ended.lines[0])
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].recipe == again[1].recipe


def test_an_interrupted_render_keeps_what_it_saved(signal_cli: Run, gallery: Path) -> None:
    save_first(gallery)
    ended = signal_cli(signal.SIGINT, "render", "conv1_1:0-63", "--device", "cpu")
    assert ended.code == 130
    assert ended.err.strip() == ""
    assert len(pictures_in(gallery)) == 1
    assert not list(gallery.rglob("*.tmp"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminated_render_ends_in_silence(
    signal_cli: Run, gallery: Path, number: signal.Signals
) -> None:
    save_first(gallery)
    ended = signal_cli(number, "render", "conv1_1:0-63", "--device", "cpu")
    assert (ended.code, ended.err) == (128 + number, "")


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_the_work_leaves_whole_pictures_alone(
    signal_cli: Run, gallery: Path, number: signal.Signals
) -> None:
    line = ("render", "conv1_1:0-63", "--device", "cpu", "--resolution", "32")
    ended = signal_cli(number, *line, lines=9)  # a pack of eight, and one of the next
    assert ended.code == 128 + number
    assert ended.err.strip() == ""
    assert not list(gallery.rglob("*.tmp"))
    assert 9 <= len(pictures_in(gallery)) < 64
    for path in pictures_in(gallery):
        read_picture(path)


def save_first(gallery: Path) -> None:
    """A picture that is there already is printed at once: the sign that the work has begun."""
    save(gallery, job("conv1_1:0"))


def test_a_full_disk_is_one_sentence(gallery: Path) -> None:
    # /dev/full cannot stand in for a folder, so the limit of the process on file sizes does.
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); "
        "from convscope.tui.commands.main import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, "render", "conv1_1:3", *SMALL],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, ""), "it is noticed before the work"
    (said,) = ended.stderr.splitlines()
    assert "cannot be written (File too large)" in said
    assert "File too large" in ended.stderr
    assert [path for path in gallery.rglob("*") if path.is_file()] == []


# ---- what needs no network, because the pictures are there ---------------------------------


def test_sheet_fills_its_grid_from_one_channel(run_cli: Run, gallery: Path) -> None:
    for channel in range(25, 35):
        save(gallery, job(f"conv5_1:{channel}"))
    ended = run_cli("sheet", "conv5_1:25", "--grid", "2x5")
    assert (ended.code, ended.err) == (0, "")
    (path,) = map(Path, ended.lines)
    assert path.name.startswith("conv5_1-25-34-")
    with Image.open(path) as image:
        assert image.width > image.height


def test_what_does_not_fit_goes_on_further_sheets_and_layers_apart(
    run_cli: Run, gallery: Path
) -> None:
    for target in ("conv5_1:0", "conv5_1:1", "conv5_1:2", "conv4_1:7", "conv4_1:9"):
        save(gallery, job(target))
    ended = run_cli("sheet", "conv5_1:0-2", "conv4_1:7,9", "--grid", "1x2", "--json")
    document = json.loads(ended.out)
    found = [
        (each["layer"], [picture["target"] for picture in each["pictures"]])
        for each in document["sheets"]
    ]
    assert found == [
        ("conv5_1", ["vgg16/conv5_1:0", "vgg16/conv5_1:1"]),
        ("conv5_1", ["vgg16/conv5_1:2"]),
        ("conv4_1", ["vgg16/conv4_1:7", "vgg16/conv4_1:9"]),
    ]
    assert all(Path(each["path"]).exists() for each in document["sheets"])


def test_a_grid_at_the_end_of_a_layer_shows_what_there_is(run_cli: Run, gallery: Path) -> None:
    for channel in (510, 511):
        save(gallery, job(f"conv5_1:{channel}"))
    (path,) = run_cli("sheet", "conv5_1:510", "--grid", "2x5").lines
    assert "conv5_1-510-511-" in path


def test_the_same_sheet_has_the_same_path_and_bytes(run_cli: Run, gallery: Path) -> None:
    save(gallery, job("conv5_1:25"))
    first = run_cli("sheet", "conv5_1:25").lines
    content = Path(first[0]).read_bytes()
    assert run_cli("sheet", "conv5_1:25").lines == first
    assert Path(first[0]).read_bytes() == content


def test_a_diverged_picture_ends_with_1_and_is_named(run_cli: Run, gallery: Path) -> None:
    save(gallery, job("conv5_1:25"))
    save(gallery, job("conv5_1:26"), verdict="diverged")
    ended = run_cli("render", "conv5_1:25-26")
    assert ended.code == 1
    assert len(ended.lines) == 2
    assert "1 of 2 diverged: vgg16/conv5_1:26" in ended.err


def test_a_weak_picture_is_named_and_no_failure(run_cli: Run, gallery: Path) -> None:
    save(gallery, job("conv5_1:25"), verdict="weak")
    ended = run_cli("render", "conv5_1:25")
    assert ended.code == 0
    assert "1 of 1 weak" in ended.err


def test_a_path_that_is_no_text_is_printed_as_it_is(run_cli: Run, tmp_path: Path) -> None:
    gallery = tmp_path / "\udcff"
    save(gallery, job("conv5_1:25"))
    ended = run_cli("render", "conv5_1:25", "--json", "--gallery", str(gallery))
    (picture,) = json.loads(ended.out)["pictures"]
    assert Path(picture["path"]).exists()
