"""A gallery that cannot be written is noticed before the work; the folder that refuses is named."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.saving import refusals
from tests.conftest import COMMAND, Ended
from tests.running import unprivileged
from tests.samples import job, save

Run = Callable[..., Ended]
SPEC = job("conv5_1:25")
COMMANDS = ["render", "sheet", "queue add --no-start"]


def gallery_is_a_file(gallery: Path) -> str:
    gallery.touch()
    return f"{gallery} is not a folder"


def gallery_leads_nowhere(gallery: Path) -> str:
    gallery.symlink_to("/mnt/not-there")
    return f"{gallery} is a link to /mnt/not-there, which is not there"


def gallery_goes_round(gallery: Path) -> str:
    gallery.symlink_to(gallery)
    return f"{gallery} cannot be written (Too many levels of symbolic links)"


def model_is_a_file(gallery: Path) -> str:
    (folder := picture_path(gallery, SPEC).parent.parent).parent.mkdir()
    folder.touch()
    return f"{folder} is not a folder"


def layer_leads_nowhere(gallery: Path) -> str:
    (folder := picture_path(gallery, SPEC).parent).parent.mkdir(parents=True)
    folder.symlink_to("not there")
    return f"{folder} is a link to not there, which is not there"


def picture_is_a_folder(gallery: Path) -> str:
    (path := picture_path(gallery, SPEC)).mkdir(parents=True)
    return f"{path} is a folder where a picture belongs"


def layer_belongs_to_another(gallery: Path, mode: int = 0o555) -> str:
    (folder := picture_path(gallery, SPEC).parent).mkdir(parents=True)
    folder.chmod(mode)
    return f"{folder} cannot be written (Permission denied)"


FAULTS = [
    gallery_is_a_file,
    gallery_leads_nowhere,
    gallery_goes_round,
    model_is_a_file,
    layer_leads_nowhere,
    picture_is_a_folder,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_it_is_noticed_before_the_work(
    fault: Callable[[Path], str], run_here: Run, gallery: Path, tmp_path: Path
) -> None:
    sentence = fault(gallery)
    before = sorted(tmp_path.rglob("*"))
    for command in COMMANDS:
        ended = run_here(*command.split(), "conv5_1:25-26", "--device", "cpu")
        assert (ended.code, ended.out) == (2, "")
        assert f"gallery: {sentence}; fix that, or choose another with --gallery" in ended.err
    state = tmp_path / "state"
    assert [path for path in sorted(tmp_path.rglob("*")) if path != state] == before


def test_so_is_a_folder_of_another_user(gallery: Path, tmp_path: Path) -> None:
    sentence = layer_belongs_to_another(gallery)
    for command in COMMANDS:
        line = [*unprivileged(), *COMMAND, *command.split(), "conv5_1:25", "--device", "cpu"]
        ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert sentence in ended.stderr
    assert not list(gallery.rglob("*.png"))


def test_so_is_a_folder_that_nobody_may_look_into(gallery: Path) -> None:
    """A file can be put there, but the folder cannot be synced."""
    sentence = layer_belongs_to_another(gallery, 0o333)
    line = [*unprivileged(), *COMMAND, *COMMANDS[-1].split(), "conv5_1:25", "--device", "cpu"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert sentence in ended.stderr


def test_what_is_there_already_needs_no_folder_that_can_be_written(gallery: Path) -> None:
    path = save(gallery, SPEC)
    path.parent.chmod(0o555)
    line = [*unprivileged(), *COMMAND, "render", "conv5_1:25"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, f"{path}\n")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("file/out.png", "file is not a folder"),
        ("link/out.png", "link is a link to nowhere, which is not there"),
        ("folder.png", "folder.png is a folder where a picture belongs"),
    ],
)
def test_so_is_an_output_that_cannot_be_written(
    output: str, sentence: str, run_here: Run, gallery: Path, tmp_path: Path
) -> None:
    path = save(gallery, SPEC)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder.png").mkdir()
    before = sorted(tmp_path.rglob("*"))
    ended = run_here("reproduce", str(path), "--output", output, "--force")
    assert (ended.code, ended.out) == (2, "")
    assert f"{tmp_path}/{sentence}; name another with --output" in ended.err
    assert sorted(tmp_path.rglob("*")) == before


def test_trying_leaves_nothing_behind(tmp_path: Path) -> None:
    paths = [tmp_path / "gallery" / folder / "picture.png" for folder in ("a", "b")]
    assert refusals(paths, 1000) == {}
    assert list(tmp_path.iterdir()) == []
