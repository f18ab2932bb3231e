"""Networks of a person's own: what names them, and where they are found again."""

from pathlib import Path

import pytest

from convscope.core.catalog.own import OwnNetwork, check_unchanged, own_network, parse_own, remember
from convscope.core.system.errors import UserError


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "pack" / "deep").mkdir(parents=True)
    for name in ("net.py", "pack/__init__.py", "pack/deep/nets.py"):
        (tmp_path / name).write_text(f"# {name}")
    monkeypatch.chdir(tmp_path)


def parsed(text: str) -> OwnNetwork:
    found = parse_own(text)
    assert found is not None
    return found


def test_a_plain_name_is_none_of_them() -> None:
    assert parse_own("resnet50") is None
    assert own_network("resnext101_32x8d") is None


@pytest.mark.parametrize(
    ("text", "begins", "path"),
    [
        ("net.py:build", "net.build_", "net.py"),
        ("./net.py:Net.small", "net.Net.small_", "net.py"),
        ("pack.deep.nets:build", "nets.build_", "pack/deep/nets.py"),
        ("pack:build", "pack.build_", "pack/__init__.py"),
    ],
)
def test_a_callable_is_named_by_its_file_or_module(
    text: str, begins: str, path: str, tmp_path: Path
) -> None:
    own = parsed(text)
    assert own.path == str(tmp_path / path)
    assert own.name == begins + own.sha256[:8]
    assert own.folder == tmp_path
    remember(own)
    assert own_network(own.name) == own


def test_a_name_stays_short_and_safe(tmp_path: Path) -> None:
    file = tmp_path / f"\x1b[31m ../{'n' * 50}.py".replace("/", "_")
    file.write_text("")
    name = parsed(f"{file}:build_my_own_network").name
    assert len(name) <= 40
    assert name.isascii()
    assert name.isprintable()
    assert not set(name) & {"/", ":", " "}
    assert not name.startswith(".")


def test_timms_networks_need_no_note() -> None:
    own = parsed("timm:resnet18.a1_in1k")
    assert own.name == "timm.resnet18.a1_in1k"
    assert own_network(own.name) == own


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("missing.py:build", "cannot be read"),
        ("pack.other:build", "names a module pack.other that is not here"),
        ("net.py:", "names no callable"),
        ("net.py:a-b", "names no callable"),
        ("a b:build", "is not a model"),
        ("timm:../x", "names no network of timm"),
    ],
)
def test_what_names_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        parse_own(text)


def test_changed_code_is_another_network(tmp_path: Path) -> None:
    own = parsed("net.py:build")
    (tmp_path / "net.py").write_text("# changed")
    assert parsed("net.py:build").name != own.name
    with pytest.raises(UserError, match="has changed since"):
        check_unchanged(own)


def test_a_name_of_which_nothing_is_known_asks_for_the_file() -> None:
    with pytest.raises(UserError, match="name it with --model FILE"):
        own_network("net.build_0123abcd")
