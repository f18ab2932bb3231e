"""The README: short, and every command in it works."""

import re
import shlex
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from convscope.core.catalog.published import published
from convscope.core.jobs.store import JobStore
from convscope.core.system.folders import state_folder
from convscope.tui.commands.cli import COMMANDS, cli
from convscope.tui.commands.settings import read_settings
from convscope.tui.start import key_table
from tests.conftest import ROOT, Ended
from tests.explorer.indexes import indexed
from tests.readme import README, commands, fenced, prose
from tests.samples import jobs

MOST_LINES = 300
QUICK = "--steps 1 --resolution 32 --device cpu"
SHORTER = {
    "render": QUICK,
    "sheet": QUICK,
    "animate": f"{QUICK} --frames 3",
    "maps": "--device cpu",
    "atlas": "--device cpu",
    "atlas make": "--no-start",
    "exemplars add": "--no-start",
    "queue add": "--no-start",
    "queue retry": "--no-start",
    "doctor": "--device cpu",
}
"""What is added to a command, so that it takes less time and starts no process."""
FIRST = {
    "queue wait": "queue cancel 1",
    "queue wait 1 --notify": "queue cancel 1",
    "queue retry 1": "queue cancel 1",
    "reproduce picture.png": f"render conv1_1:1 {QUICK}",
    "inspect picture.png": f"render conv1_1:1 {QUICK}",
}
"""What comes before: a batch that has ended, or the picture."""
READ_ONLY = (
    "",  # tests/explorer/test_real_terminal.py
    "--model",  # tests/explorer/test_networks_terminal.py
    "cluster start",  # tests/runner/cluster
    "worker run --cluster",
)
"""How commands begin whose options are only read here: they need a terminal or other machines."""
LONG = ("atlas", "doctor", "layers --model")
"""How commands begin that take seconds."""
NET = """
from torchvision.models import get_model

def build():
    return get_model("resnet18", weights=None, num_classes=5)
"""


def begins(line: str, with_: tuple[str, ...]) -> bool:
    return any(f"{line} ".startswith(f"{each} ") if each else not line for each in with_)


def read(arguments: tuple[str, ...]) -> None:
    """Let the command line read arguments, without doing anything; raises if they are wrong."""
    command: click.Command = cli
    context, name, rest = None, "convscope", list(arguments)
    while True:
        context = command.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]
        if not isinstance(command, click.Group) or not rest:
            return
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, name = found, str(found.name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of noise, under the names that the README and torchvision have for them."""
    import torch
    from torchvision.models import get_model

    folder = tmp_path_factory.mktemp("trained")
    cache = folder / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = get_model("resnet50", weights=None).state_dict()
        torch.save(state, cache / published("resnet50")[0].file)
        for name, model, classes in (("dogs", "mobilenet_v2", 19), ("trained", "resnet18", 5)):
            state = get_model(model, weights=None, num_classes=classes).state_dict()
            torch.save(state, folder / f"{name}.pth")
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that the README's commands name but weights, a batch, and an index."""
    photos = ROOT / "tests" / "photos"
    for place in ("holidays", "tests/photos", "home/Pictures"):
        (tmp_path / place).mkdir(parents=True)
    for place in ("cat.jpg", "holidays", "home/Pictures"):
        shutil.copy(photos / "cat.jpg", tmp_path / place)
    shutil.copy(photos / "coffee.jpg", tmp_path / "tests" / "photos")
    (tmp_path / "breeds.txt").write_text("\n".join(f"breed {each}" for each in range(19)))
    (tmp_path / "path/to").mkdir(parents=True)
    (tmp_path / "path/to/net.py").write_text(NET)
    indexed(state_folder(), ("conv5_1",))
    store = JobStore(state_folder())
    store.add_batch("nightly", jobs("conv5_1:0-9"), tmp_path / "gallery")
    store.close()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens
    return tmp_path


def takes_long(arguments: tuple[str, ...]) -> bool:
    return begins(" ".join(arguments), LONG) and not begins(" ".join(arguments), READ_ONLY)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(each, marks=[pytest.mark.long] if takes_long(each) else [], id=" ".join(each))
        for each in commands()
    ],
)
def test_every_command_works(
    arguments: tuple[str, ...],
    here: Path,
    request: pytest.FixtureRequest,
    run_here: Callable[..., Ended],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = " ".join(arguments)
    if begins(line, READ_ONLY):
        read(arguments)
        return
    if re.search(r"resnet50/|\.pth", line):
        trained = request.getfixturevalue("trained")
        monkeypatch.setenv("TORCH_HOME", str(trained))
        for file in trained.glob("*.pth"):
            (here / file.name).symlink_to(file)
    if line in FIRST:
        before = run_here(*FIRST[line].split())
        if before.out.strip().endswith(".png"):
            shutil.copy(before.out.strip(), here / "picture.png")
    shorter = [options for start, options in SHORTER.items() if begins(line, (start,))]
    home = str(here / "home")
    typed = [each.replace("/home/ada", home) for each in arguments]
    ended = run_here(*typed, *(shorter[-1].split() if shorter else ()))
    assert ended.code == 0, ended.err


def test_commands_within_sentences_exist() -> None:
    spans = re.findall(r"`convscope( [^`]*)?`", prose())
    assert len(spans) > 8
    for span in spans:
        if "COMMAND" not in span and "--help" not in span:
            read(tuple(shlex.split(span)))


def test_no_command_is_left_out() -> None:
    assert [name for name in COMMANDS if f"convscope {name}" not in README] == []


def test_nothing_is_declared_for_commands_that_are_not_there() -> None:
    lines = [" ".join(each) for each in commands()]
    for declared in (*SHORTER, *FIRST, *READ_ONLY, *LONG):
        assert any(begins(line, (declared,)) for line in lines), declared


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_the_second_setup_is_what_ci_runs() -> None:
    setups = [line for text in fenced("sh") for line in text.splitlines() if "-m venv" in line]
    assert len(setups) == 2
    assert setups[1] in (ROOT / ".ci" / "run").read_text().replace("install -q", "install")


def test_its_config_file_has_no_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = fenced("toml")
    file = tmp_path / "config.toml"
    file.write_text(text)
    monkeypatch.setenv("CONVSCOPE_CONFIG", str(file))
    _, settings = key_table(read_settings())
    assert settings.problems == ()


def test_pictures_files_sections_and_modules_are_there() -> None:
    targets = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', README)
    headings = {
        f"#{re.sub('[^a-z0-9 -]', '', title.lower()).replace(' ', '-')}"
        for title in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    for target in map("".join, targets):
        assert target in headings or (ROOT / target).exists(), target
    shown = {Path(target).name for target in map("".join, targets)}
    assert {each.name for each in (ROOT / "assets").iterdir()} <= shown
    for name in re.findall(r"python -m ((?:tests|convscope)\.[\w.]+)", README):
        assert find_spec(name), name
    for name in re.findall(r"`((?:core|tui|tests)/[\w/.]+)`", README):
        assert (ROOT / name).exists(), name
