"""The commands that only read: inspect and doctor."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from convscope.core.gallery.paths import picture_path
from convscope.core.gallery.records import encode
from convscope.core.runner.apart import NoAnswerError
from convscope.core.runner.device_facts import DeviceFacts
from convscope.core.runner.slots import Slot
from convscope.core.system.errors import UserError
from convscope.tui.commands import checks
from convscope.tui.commands.checks import check_devices, check_logout
from convscope.tui.commands.reproduce import compare
from convscope.tui.commands.terminal import check_terminal
from tests.conftest import Ended
from tests.samples import job, record_of, save, write_picture

Run = Callable[..., Ended]


def test_inspect_tells_how_a_picture_was_made(run_cli: Run, gallery: Path) -> None:
    ended = run_cli("inspect", str(save(gallery, job("conv5_1:25", seed=7))))
    said = dict(line.split(maxsplit=1) for line in ended.lines)
    assert (ended.code, ended.err) == (0, "")
    assert said["target"] == "vgg16/conv5_1:25"
    assert said["activation"] == "1,234.5 (from -3.2)"
    assert (said["preset"], said["seed"], said["verdict"]) == ("crisp", "7", "excited")


def test_inspect_as_json_is_the_record(run_cli: Run, gallery: Path) -> None:
    task = job("conv5_1:25")
    ended = run_cli("inspect", str(save(gallery, task)), "--json")
    assert json.loads(ended.out) == json.loads(encode(record_of(task)))


def test_a_record_from_elsewhere_is_shown_inert(run_cli: Run, gallery: Path) -> None:
    task = job("conv5_1:25")
    hostile = msgspec.structs.replace(
        record_of(task), device="\x1b]0;title\x07\u202e", versions={"\x1b[2J": "1"}
    )
    path = picture_path(gallery, task)
    write_picture(path, Image.new("RGB", (4, 4)), hostile)
    ended = run_cli("inspect", str(path))
    assert ended.code == 0
    assert all(line.isprintable() for line in ended.lines)


def test_doctor_as_json_is_one_document_with_all_checks(run_cli: Run, gallery: Path) -> None:
    ended = run_cli("doctor", "--device", "cpu", "--json")
    checks = {check["name"]: check for check in json.loads(ended.out)["checks"]}
    assert (ended.code, ended.err) == (0, "")
    expected = "terminal encoding graphics versions weights config gallery state worker logout"
    assert list(checks) == [*expected.split(), "device"]
    assert "torch" in checks["versions"]["detail"]
    assert checks["worker"]["detail"].startswith("not running")
    assert "(cpu)" in checks["device"]["detail"]
    assert not gallery.exists()


def test_doctor_looks_at_each_gpu_that_a_worker_would_have(monkeypatch) -> None:
    """One of three has no kernels in this torch, one crashes it; the report is whole."""

    def facts(slot: Slot) -> DeviceFacts:
        if slot.uuid == "b":
            raise UserError("torch 2.14 cannot compute on GT 730 (no kernels); install another.")
        if slot.uuid == "c":
            raise NoAnswerError("torch crashed with signal 11")
        return DeviceFacts("H200", "cuda", 2**37, "bfloat16")

    slots = [Slot(name, "cuda", {"CUDA_VISIBLE_DEVICES": name}, name) for name in "abc"]
    monkeypatch.setattr(checks, "find_slots", lambda device: slots)
    monkeypatch.setattr(checks, "device_facts", facts)
    assert [(each.state, each.detail, each.remedy[:15]) for each in check_devices("auto")] == [
        ("ok", "H200 (cuda), 128.0 GiB, networks run in bfloat16", ""),
        ("problem", "torch 2.14 cannot compute on GT 730 (no kernels)", "install another"),
        ("problem", "torch crashed with signal 11", "try --device cpu"[:15]),
    ]


@pytest.mark.long
def test_doctor_ends_with_1_and_advice_when_something_will_not_work(run_cli: Run) -> None:
    ended = run_cli("doctor", "--device", "cuda:99", "--gallery", "/proc/nowhere")
    assert (ended.code, ended.err) == (1, "")
    assert "choose another with --gallery" in ended.out
    assert "There is no device cuda:99" in ended.out


@pytest.mark.parametrize(
    ("environment", "state", "words"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "ok", "16 million"),
        ({"TERM": "xterm-direct"}, "ok", "16 million"),
        ({"TERM": "xterm-256color"}, "advice", "export COLORTERM=truecolor"),
        ({"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/0"}, "advice", "sshd seldom forwards"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux"}, "advice", "terminal-features"),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "advice", "unset NO_COLOR"),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": ""}, "ok", "16 million"),
        ({"TERM": "dumb"}, "problem", "xterm-256color"),
        ({}, "problem", "TERM is not set"),
    ],
)
def test_the_colours_of_a_terminal(environment: dict[str, str], state: str, words: str) -> None:
    finding = check_terminal(environment, in_terminal=True)
    assert finding.state == state
    assert words in f"{finding.detail} {finding.remedy}"


def test_the_doctor_tells_how_work_outlives_a_logout() -> None:
    finding = check_logout(ends=True)
    assert (finding.state, finding.detail) == ("advice", "Work would end at logout")
    assert "loginctl enable-linger" in finding.remedy
    assert "systemd-run --user --scope convscope" in finding.remedy
    assert check_logout(ends=False).state == "ok"


def test_pictures_are_compared_by_their_largest_difference() -> None:
    grey = Image.new("RGB", (4, 4), (100, 100, 100))
    other = grey.copy()
    other.putpixel((1, 2), (100, 93, 102))
    assert "equal in every pixel" in compare(grey, grey.copy())
    assert "difference is 7 of 255" in compare(grey, other)
    assert "4×4, 5×4" in compare(grey, Image.new("RGB", (5, 4)))
