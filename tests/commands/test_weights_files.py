"""Files of weights on the command line: what is known of them, chosen for them, said of them."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import save_file

from convscope.core.catalog.weights import EMBEDDED_NAME
from convscope.core.gallery.pictures import read_picture
from convscope.core.gallery.records import Record
from convscope.core.jobs.store import JobStore
from tests.conftest import COMMAND, Ended
from tests.networks.checkpoints import each, embedded, renamed
from tests.samples import write_picture

Run = Callable[..., Ended]
QUICK = ("conv1_1:3", "--steps", "2", "--resolution", "32", "--device", "cpu")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights: copies of the embedded ones, and others made of them."""
    folder = tmp_path_factory.mktemp("weights")
    torch.save(embedded(), folder / "half.pth")
    torch.save({"state_dict": each(torch.Tensor.float)}, folder / "plain.ckpt")
    save_file(renamed("module."), folder / "copy")
    for name, key, change in (
        ("bgr.pth", "features.0.weight", lambda kernels: kernels.flip(1) / 58),
        ("near.pth", "features.28.bias", lambda biases: biases + 1e-3),
        # What training with torchvision's normalisation would have made of the first kernel.
        ("tuned.pth", "features.0.weight", lambda kernels: kernels * 57),
    ):
        torch.save({**embedded(), key: change(embedded()[key])}, folder / name)
    return folder


def record(path: str) -> Record:
    return read_picture(Path(path))[1]


def apart_from_names(found: Record) -> Record:
    return msgspec.structs.replace(found, weights="", weights_sha256="", created="", seconds=0.0)


def test_copies_of_the_embedded_weights_give_their_picture(run_here: Run, files: Path) -> None:
    pictures = []
    copies = [str(files / name) for name in ("half.pth", "plain.ckpt", "copy")]
    for weights in (EMBEDDED_NAME, *copies):
        ended = run_here("render", *QUICK, "--weights", weights)
        assert (ended.code, ended.err) == (0, "")
        pictures.append(read_picture(Path(ended.lines[0])))
    (image, first), *others = pictures
    assert first.normalization == "caffe"
    for other, told in others:
        assert other.tobytes() == image.tobytes()
        assert apart_from_names(told) == apart_from_names(first)


@pytest.mark.parametrize(("name", "fitting"), [("bgr.pth", "caffe-bgr"), ("near.pth", "caffe")])
def test_a_first_kernel_that_hardly_answers_is_told_once_with_the_remedy(
    run_here: Run, files: Path, name: str, fitting: str
) -> None:
    line = ("render", *QUICK, "conv1_1:4", "conv1_2:4", "--weights", str(files / name))
    doubted = run_here(*line)
    (said,) = doubted.err.splitlines()
    assert doubted.code == 0
    assert f"; --normalize {fitting} would fit." in said
    assert record(doubted.lines[0]).normalization == "imagenet"
    assert run_here(*line).err == doubted.err, "it is as doubtful when the pictures are there"
    chosen = run_here(*line, "--normalize", fitting)
    assert (chosen.code, chosen.err) == (0, "")
    assert record(chosen.lines[0]).normalization == fitting


def test_weights_that_answer_as_usual_are_not_doubted(run_here: Run, files: Path) -> None:
    ended = run_here("render", *QUICK, "--weights", str(files / "tuned.pth"))
    assert (ended.code, ended.err) == (0, "")
    assert record(ended.lines[0]).normalization == "imagenet"


def test_each_choice_is_recorded_and_reproduced(run_here: Run) -> None:
    numbers = "0.4/0.25,0.3,0.35"
    choices = {name: name for name in ("imagenet", "caffe", "caffe-bgr", "half", "raw")}
    for typed, written in {**choices, numbers: "0.4,0.4,0.4/0.25,0.3,0.35"}.items():
        ended = run_here("render", *QUICK, "--normalize", typed)
        (path,) = ended.lines
        assert (ended.code, ended.err, record(path).normalization) == (0, "", written)
        assert "equal in every pixel" in run_here("reproduce", path, "--device", "cpu").err
        shown = run_here("inspect", path).lines
        assert ["normalize", written] in [line.split() for line in shown]


def test_choices_are_pictures_of_their_own(run_here: Run) -> None:
    paths = {
        run_here("render", *QUICK, "--normalize", name).lines[0]
        for name in ("imagenet", "half", "caffe")
    }
    assert len(paths) == 3
    assert run_here("render", *QUICK).lines[0] in paths, "caffe is what the embedded ones expect"


def test_a_record_without_a_normalisation_means_what_was_taken_then(
    run_here: Run, files: Path, tmp_path: Path
) -> None:
    line = ("--weights", str(files / "half.pth"), "--normalize", "imagenet")
    (path,) = run_here("render", *QUICK, *line).lines
    image, told = read_picture(Path(path))
    old = tmp_path / "old.png"
    write_picture(old, image, msgspec.structs.replace(told, normalization=""))
    assert "equal in every pixel" in run_here("reproduce", str(old), "--device", "cpu").err


def test_the_config_file_chooses_for_weights_of_which_nothing_is_known(
    run_here: Run, files: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config" / "convscope" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('normalize = "half"')

    def used(*line: str) -> tuple[str, str]:
        ended = run_here("render", *QUICK, *line)
        return record(ended.lines[0]).normalization, ended.err

    assert used("--weights", str(files / "near.pth")) == ("half", "")
    assert used("--weights", str(files / "half.pth")) == ("caffe", "")
    assert used() == ("caffe", "")
    assert used("--normalize", "raw") == ("raw", "")
    config.write_text('normalize = "halb"')
    (said,) = run_here("render", *QUICK).err.splitlines()
    assert "line 1: normalize is ignored: --normalize halb is not a normalisation" in said


# ---- the queue, where the process itself imports no torch ----------------------------------


@pytest.mark.long
def test_a_file_is_looked_into_before_it_is_queued_and_remembered(
    run_cli: Run, files: Path, tmp_path: Path
) -> None:
    line = ("queue", "add", "conv1_1:3", "--no-start", "--json", "--weights")
    for name, normalization in (("bgr.pth", ""), ("half.pth", "caffe")):
        ended = run_cli(*line, str(files / name))
        (number,) = [batch["id"] for batch in json.loads(ended.out)["batches"]]
        (job,) = JobStore(tmp_path / "state").jobs(batch=number)
        assert job.task.normalization == normalization
        assert ("--normalize caffe-bgr would fit" in ended.err) == (name == "bgr.pth")
    # A process that could not load torch knows it still.
    again = _short_of_memory(*line, str(files / "bgr.pth"))
    assert again.code == 0
    assert "--normalize caffe-bgr would fit" in again.err


def test_what_cannot_be_used_is_not_queued(run_cli: Run, tmp_path: Path) -> None:
    torch.save({"layer1.0.conv1.weight": torch.zeros(3)}, tmp_path / "resnet")
    ended = run_cli("queue", "add", "conv1_1:3", "--no-start", "--weights", "resnet")
    assert (ended.code, ended.out) == (2, "")
    (said,) = ended.err.splitlines()
    assert "those of a ResNet, not of vgg16; name their network with --model" in said
    assert json.loads(run_cli("queue", "--json").out)["batches"] == []


def test_a_look_that_fails_stops_nothing(files: Path, tmp_path: Path) -> None:
    ended = _short_of_memory(
        "queue", "add", "conv1_1:3", "--no-start", "--weights", str(files / "half.pth")
    )
    assert (ended.code, ended.out) == (0, "1\n")
    assert "could not be checked (There is not enough memory to load torch" in ended.err
    assert "--normalize imagenet is assumed" in ended.err


def _short_of_memory(*arguments: str) -> Ended:
    """Run a command that may not take as much memory as torch needs."""
    limited = ["sh", "-c", 'ulimit -v 900000; exec "$@"', "sh", *COMMAND, *arguments]
    ended = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("command", ["render", "sheet", "queue add"])
def test_a_pipe_is_refused_at_once(run_cli: Run, tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    ended = run_cli(*command.split(), "conv1_1:3", "--weights", "pipe.pth")
    assert (ended.code, ended.out) == (2, "")
    assert "pipe.pth cannot be read (a pipe, not a file)" in ended.err


# ---- weights that were moved ---------------------------------------------------------------


def test_a_picture_is_made_again_with_weights_that_were_moved(
    run_here: Run, files: Path, tmp_path: Path
) -> None:
    first, moved = tmp_path / "w.pth", tmp_path / "elsewhere"
    first.write_bytes((files / "near.pth").read_bytes())
    (path,) = run_here("render", *QUICK, "--weights", str(first), "--normalize", "half").lines
    first.rename(moved)

    gone = run_here("reproduce", path)
    assert gone.code == 2
    assert "w.pth cannot be read (No such file or directory); if the file was moved" in gone.err
    other = run_here("reproduce", path, "--weights", str(files / "half.pth"))
    assert other.code == 2
    assert "is not what the picture was made with" in other.err
    again = run_here("reproduce", path, "--device", "cpu", "--weights", str(moved))
    assert "equal in every pixel" in again.err
    assert record(str(tmp_path / again.lines[0])).weights == str(moved)

    first.write_bytes((files / "half.pth").read_bytes())
    changed = run_here("reproduce", path)
    assert changed.code == 2
    assert "w.pth has changed since the picture was made; if the file was moved" in changed.err
    os.mkfifo(tmp_path / "pipe")
    assert "a pipe, not a file" in run_here("reproduce", path, "--weights", "pipe").err
