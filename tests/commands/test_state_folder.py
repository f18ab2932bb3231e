"""The state folder: the user's own, or one on this machine's disk where home is a network's."""

import os
import stat
from pathlib import Path

import pytest

from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder, state_network
from convscope.core.system.mounts import filesystem_of, is_network
from convscope.tui.commands.checks import check_state_folder

ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard"


def mounts(*points: tuple[Path | str, str]) -> str:
    """The text of mountinfo for a local root and these mounts, with and without optional fields."""
    lines = [
        f"{40 + number} 27 0:{number} / {point} rw {'shared:7 ' * (number % 2)}- {kind} server rw"
        for number, (point, kind) in enumerate(points)
    ]
    return "\n".join([ROOT, *lines, ""])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home, in which the platform's state folder will be made."""
    monkeypatch.delenv("CONVSCOPE_STATE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home" / "state"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def spare(tmp_path: Path) -> Path:
    """What stands for /var/tmp."""
    folder = tmp_path / "spare"
    folder.mkdir()
    return folder


@pytest.fixture
def ours(spare: Path) -> Path:
    return spare / f"convscope-{os.geteuid()}"


def test_a_path_lies_on_the_nearest_mount() -> None:
    text = mounts(("/home", "nfs4"), ("/home/kim/scratch", "xfs"), ("/homes", "lustre"))
    found = {
        path: filesystem_of(Path(path), text)
        for path in (
            "/home/kim/.local",
            "/home/kim/scratch/a",
            "/home/kim/scratches",
            "/homes",
            "/",
        )
    }
    assert list(found.values()) == ["nfs4", "xfs", "nfs4", "lustre", "ext4"]


def test_the_last_of_several_mounts_on_one_point_lies_on_top() -> None:
    assert filesystem_of(Path("/data/x"), mounts(("/data", "nfs"), ("/data", "tmpfs"))) == "tmpfs"


@pytest.mark.parametrize("kinds", [("autofs", "nfs4"), ("nfs4", "autofs")])
def test_what_an_automounter_mounted_counts(kinds: tuple[str, str]) -> None:
    text = mounts(*(("/home", kind) for kind in kinds))
    assert filesystem_of(Path("/home/kim"), text) == "nfs4"


def test_mount_points_with_odd_characters() -> None:
    text = mounts((r"/my\040disk\134n\011t", "cifs"), ("/next\x85line", "nfs"))
    assert filesystem_of(Path("/my disk\\n\tt/a"), text) == "cifs"
    assert filesystem_of(Path("/next\x85line/a"), text) == "nfs"


def test_a_link_leads_to_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "far")
    text = mounts((tmp_path / "far", "nfs"))
    assert filesystem_of(tmp_path / "link" / "later", text) == "nfs"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert filesystem_of(tmp_path / "loop", text) == "ext4"


def test_this_machine_tells_its_own_mounts() -> None:
    expected = "proc" if Path("/proc/self/mountinfo").exists() else ""
    assert filesystem_of(Path("/proc/self/status")) == expected


@pytest.mark.parametrize("text", ["", "nonsense\n", "1 2 3\n - nfs\n"])
def test_where_mounts_are_not_told_nothing_is_a_network(text: str) -> None:
    assert filesystem_of(Path("/home/kim"), text) == ""
    assert not is_network("")


def test_which_types_are_a_network() -> None:
    assert all(map(is_network, ["nfs", "nfs4", "cifs", "lustre", "gpfs", "fuse.sshfs", "9p"]))
    assert not any(map(is_network, ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "apfs"]))


def test_a_local_home_holds_the_state(home: Path, spare: Path) -> None:
    folder = state_folder(mounts(), spare)
    assert folder == home / "state" / "convscope"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(spare.iterdir()) == []


def test_a_home_on_a_network_leaves_the_state_on_this_machine(
    home: Path, spare: Path, ours: Path
) -> None:
    text = mounts((home, "nfs4"))
    assert state_folder(text, spare) == ours
    assert state_folder(text, spare) == ours  # as it was made before
    assert stat.S_IMODE(ours.stat().st_mode) == 0o700
    assert list(home.iterdir()) == []


def test_a_chosen_folder_on_a_network_is_used(
    home: Path, spare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVSCOPE_STATE", str(home / "mine"))
    assert state_folder(mounts((home, "nfs4")), spare) == home / "mine"


def refused(home: Path, spare: Path) -> str:
    with pytest.raises(UserError) as caught:
        state_folder(mounts((home, "nfs4")), spare)
    assert "set CONVSCOPE_STATE" in str(caught.value)
    return str(caught.value)


def test_a_link_that_lies_in_wait_is_refused(home: Path, spare: Path, ours: Path) -> None:
    (spare / "trap").mkdir(mode=0o700)
    ours.symlink_to(spare / "trap")
    assert "is a link or no folder" in refused(home, spare)


def test_a_file_that_lies_in_wait_is_refused(home: Path, spare: Path, ours: Path) -> None:
    ours.touch(mode=0o700)
    assert "is a link or no folder" in refused(home, spare)


@pytest.mark.parametrize("mode", [0o710, 0o701, 0o740, 0o722, 0o777])
def test_a_folder_open_to_others_is_refused(home: Path, spare: Path, ours: Path, mode: int) -> None:
    ours.mkdir()
    ours.chmod(mode)
    assert "is open to others" in refused(home, spare)
    assert stat.S_IMODE(ours.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_somebody_elses_folder_is_refused(home: Path, spare: Path, ours: Path) -> None:
    ours.mkdir(mode=0o700)
    os.chown(ours, 12345, 12345)
    assert "belongs to another user" in refused(home, spare)


def test_no_place_for_a_folder_is_one_sentence(home: Path, tmp_path: Path) -> None:
    assert "cannot be used" in refused(home, tmp_path / "missing")


def test_the_doctor_says_why_the_state_is_not_at_home(home: Path, spare: Path) -> None:
    text = mounts((home, "nfs4"))
    finding = check_state_folder(state_folder(text, spare), text)
    assert (finding.state, finding.remedy) == ("ok", "")
    assert finding.detail.endswith("because the usual folder is on a network filesystem (nfs4)")


def test_the_doctor_warns_of_a_chosen_folder_on_a_network(
    home: Path, spare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = mounts((home, "fuse.sshfs"))
    monkeypatch.setenv("CONVSCOPE_STATE", str(home / "mine"))
    finding = check_state_folder(state_folder(text, spare), text)
    assert finding.state == "advice"
    assert "SQLite's locks are not reliable" in finding.detail
    assert "CONVSCOPE_STATE" in finding.remedy


def test_the_doctor_has_nothing_to_say_of_a_local_home(home: Path, spare: Path) -> None:
    finding = check_state_folder(state_folder(mounts(), spare), mounts())
    assert (finding.state, finding.detail) == ("ok", str(home / "state" / "convscope"))
    assert state_network(mounts()) == ""
