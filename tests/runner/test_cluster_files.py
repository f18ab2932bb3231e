"""What a cluster is joined by: who may read it, where it leads, and what is no such file."""

import socket
import stat
from pathlib import Path

import msgspec
import pytest

from convscope.core.runner.cluster.certificates import make_authority
from convscope.core.runner.cluster.files import (
    Address,
    Settings,
    authority_file,
    cluster_file,
    former_address,
    parse_address,
    read_cluster_file,
    read_remote,
    read_settings,
    switch_off,
    switch_on,
)
from convscope.core.runner.cluster.messages import difference, own_versions
from convscope.core.runner.cluster.starting import SPARE, prepare, read_authority
from convscope.core.system.errors import UserError

HERE = Address("127.0.0.1", 8786)


def test_nobody_else_may_read_the_keys(tmp_path: Path) -> None:
    prepare(tmp_path, HERE)
    switch_on(tmp_path, Settings(HERE))
    assert stat.S_IMODE(authority_file(tmp_path).parent.stat().st_mode) == 0o700
    for path in authority_file(tmp_path).parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_copied_file_stays_valid_over_starts(tmp_path: Path) -> None:
    first = prepare(tmp_path, HERE)
    assert prepare(tmp_path, HERE) == first == read_cluster_file(str(cluster_file(tmp_path)))
    assert former_address(tmp_path) == HERE


def test_certificates_that_are_about_to_run_out_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(tmp_path, HERE)
    authority = read_authority(tmp_path)
    assert authority is not None
    monkeypatch.setattr(
        "convscope.core.runner.cluster.starting.time.time", lambda: authority.until - SPARE + 1
    )
    assert prepare(tmp_path, HERE).authority != first.authority


def test_no_authority_can_sign_again() -> None:
    made = msgspec.json.encode(make_authority()).decode()
    assert made.count("PRIVATE KEY-----") == 4, "those of coordinator and worker, begin and end"


def test_it_is_on_until_it_is_switched_off(tmp_path: Path) -> None:
    assert read_settings(tmp_path) is None
    switch_on(tmp_path, Settings(HERE, local=False))
    assert read_settings(tmp_path) == Settings(HERE, local=False)
    assert switch_off(tmp_path)
    assert not switch_off(tmp_path)
    assert read_remote(tmp_path) == []


@pytest.mark.parametrize(
    "written", ["", "gpu01", ":8786", "gpu01:", "gpu01:0", "gpu01:65536", "a b:1"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(UserError, match="should be HOST:PORT, such as gpu01:8786"):
        parse_address(written)


@pytest.mark.parametrize("written", ["0.0.0.0:8786", "[::]:8786"])
def test_all_networks_at_once_are_refused(written: str) -> None:
    with pytest.raises(UserError, match="stands for all networks of this machine"):
        parse_address(written)


def test_a_host_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UserError, match=r"there is no host no-such\.invalid"):
        parse_address("no-such.invalid:8786")


def test_loopback_is_told_from_what_others_reach() -> None:
    assert parse_address("localhost:8786").is_loopback
    assert parse_address("[::1]:8786") == Address("::1", 8786)
    assert str(Address("::1", 8786)) == "[::1]:8786"
    assert not Address("192.0.2.7", 8786).is_loopback
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is not a cluster.json"),
        (b"\xff\x00{", "is not a cluster.json"),
        (b'{"address": {"host": "a"}}', "is not a cluster.json"),
    ],
)
def test_what_is_no_cluster_file_is_refused(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "cluster.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        read_cluster_file(str(path))
    assert sentence in str(refused.value)
    assert "name the cluster.json that convscope cluster start made" in str(refused.value)


def test_versions_are_compared_one_by_one() -> None:
    ours = own_versions()
    assert difference(ours) == ""
    for name in ours:
        assert f"has {name} 0.0, the coordinator {ours[name]}" in difference({**ours, name: "0.0"})
    assert "has convscope unknown" in difference({})
