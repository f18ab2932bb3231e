"""The installed package: it has all that is here, and shares a path with other packages."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
SETUPTOOLS = 77
"""The first version that reads our pyproject.toml."""


def test_every_folder_with_code_is_a_package_of_its_own() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {
        f"convscope.{file.parent.relative_to(ROOT).as_posix().replace('/', '.')}"
        for folder in ("core", "tui")
        for file in (ROOT / folder).rglob("__init__.py")
    }
    assert set(settings["packages"]) == found


def run_pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if int(version("setuptools").partition(".")[0]) < SETUPTOOLS:
        pytest.skip(f"setuptools is older than {SETUPTOOLS} here")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "convscope"
    for name in ("core", "tui"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run_pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


@pytest.mark.long
def test_the_wheel_has_every_file(wheel: Path) -> None:
    here = {
        f"convscope/{file.relative_to(ROOT).as_posix()}"
        for folder in ("core", "tui")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with ZipFile(wheel) as archive:
        assert not here - set(archive.namelist())


@pytest.mark.long
@pytest.mark.parametrize("is_first", [True, False], ids=["ours first", "theirs first"])
def test_it_lies_beside_packages_called_core_and_tui(
    wheel: Path, tmp_path: Path, is_first: bool
) -> None:
    theirs = tmp_path / "theirs"
    for name in ("core", "tui"):
        (theirs / name).mkdir(parents=True)
        (theirs / name / "__init__.py").write_text("OWNER = 'somebody else'\n")
    (theirs / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "theirs"\nversion = "1"\n[tool.setuptools]\npackages = ["core", "tui"]\n'
    )
    site = tmp_path / "site"
    for source in [wheel, theirs] if is_first else [theirs, wheel]:
        run_pip(
            *("install", "--no-deps", "--no-build-isolation"),
            *("--upgrade", "--target", str(site), str(source)),
        )
    program = (
        "import core, tui, convscope.core.catalog, convscope.tui.commands.main as main\n"
        "assert core.OWNER == tui.OWNER == 'somebody else'\n"
        f"assert main.__file__.startswith({str(site)!r})\n"
        "import sys; sys.argv = ['convscope', '--version']; main.main()"
    )
    command = [
        sys.executable,
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(site)!r})\n{program}",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("convscope ")
