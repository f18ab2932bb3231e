"""Building the user's own networks by their code, and timm's by timm.

This never runs in the process that draws the screen.
"""

import contextlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from convscope.core.catalog.normalization import named
from convscope.core.catalog.own import OwnNetwork, check_unchanged
from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest, printable


def build_own(
    own: OwnNetwork,
    classes: int | None = None,
    *,
    with_weights: bool = False,
    imported: set[Path] | None = None,
) -> nn.Module:
    """Build a network. Random initial parameters are the same each time.

    Args:
        own: what builds it.
        classes: for timm's networks, how many classes the head has; ``None`` for its default.
        with_weights: for timm's networks, whether to load, or download, their default weights.
        imported: takes the files that were imported from the network's own folder.

    Raises:
        UserError: the code failed, with the file and line, or returned something else.
    """
    if not own.path:
        return _timm_network(own.builder, classes, with_weights)
    check_unchanged(own)
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(sys.stderr):
        torch.manual_seed(0)
        imported = set() if imported is None else imported
        with _importing_from(own.folder, imported), told_with_line(own, "built"):
            found = attrgetter(own.builder)(_imported(own))
            network = found if isinstance(found, nn.Module) else found()
    if isinstance(network, nn.DataParallel):
        network = network.module
    network = getattr(network, "_orig_mod", network)  # what torch.compile wraps
    if isinstance(network, nn.Module):
        return network
    raise UserError(
        f"{own.builder} in {printable(own.path)} returned {printable(type(network).__name__, 40)}, "
        "not a torch.nn.Module.",
        about="model",
    )


def own_normalization(network: nn.Module) -> str:
    """Return the normalisation that one of timm's networks declares; '' for other networks."""
    settings = getattr(network, "pretrained_cfg", None)
    if not isinstance(settings, dict) or not {"mean", "std"} <= set(settings):
        return ""
    colors = (",".join(str(float(value)) for value in settings[part]) for part in ("mean", "std"))
    with contextlib.suppress(UserError):
        return named("/".join(colors))
    return ""


def _imported(own: OwnNetwork) -> ModuleType:
    if own.module:
        return importlib.import_module(own.module)
    name = own.name.replace(".", "_")
    spec = importlib.util.spec_from_file_location(name, own.path)
    if spec is None or spec.loader is None:
        raise ImportError("its name does not end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _importing_from(folder: Path, imported: set[Path]) -> Iterator[None]:
    """Let the body import from a folder, as if Python had been started there.

    Modules imported from there are then dropped from ``sys.modules``, since another network may
    have modules of the same names. The folder stays at the end of the path for imports in
    ``forward``.
    """
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # their code may change the path as well
            sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and _lies_in(folder, file):
                imported.add(Path(file))
                del sys.modules[name]


@contextlib.contextmanager
def told_with_line(own: OwnNetwork, deed: str) -> Iterator[None]:
    """Turn whatever a network's code raises into a sentence with the file and line.

    Args:
        own: the network.
        deed: what it was to be, such as "built".

    Raises:
        UserError: the body raised something.
    """
    try:
        yield
    except (KeyboardInterrupt, MemoryError, UserError):
        raise
    except BaseException as error:  # scripts may call sys.exit
        at, _ = place_of(error, own)
        said = printable(str(error).partition("\n")[0], 200)
        raise UserError(
            f"The model could not be {deed}: {at}: {type(error).__name__}{said and f': {said}'}.",
            about="model",
        ) from error


def place_of(error: BaseException, own: OwnNetwork) -> tuple[str, str]:
    """Return the last line of a network's own code that an error came through: where, and the code.

    Where it came through none, the file is returned, without code.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{printable(error.filename)}, line {error.lineno}", ""
    frames = traceback.extract_tb(error.__traceback__)
    own_frames = [frame for frame in frames if _is_own(frame.filename, own)]
    if not own_frames:
        return printable(own.path or f"timm:{own.builder}"), ""
    last = own_frames[-1]
    return f"{printable(last.filename)}, line {last.lineno}", printable(last.line or "", 80)


def _is_own(file: str, own: OwnNetwork) -> bool:
    return _lies_in(own.folder, file) if own.path else "timm" in Path(file).parts


def _lies_in(folder: Path, file: str) -> bool:
    return folder in Path(file).parents and "site-packages" not in file


def _timm_network(name: str, classes: int | None, with_weights: bool) -> nn.Module:
    try:
        import timm  # noqa: PLC0415  an extra
    except ImportError as error:
        raise UserError(
            f"timm:{name} needs timm, which cannot be imported; pip install 'convscope[timm]'.",
            about="model",
        ) from error
    if not timm.is_model(name.partition(".")[0]):
        alike = nearest(name, timm.list_models())
        hint = f"; the nearest are {alike}" if alike else ""
        raise UserError(f"timm has no network {name}{hint}.", about="model")
    options: dict[str, Any] = {} if classes is None else {"num_classes": classes}
    try:
        network: nn.Module = timm.create_model(name, pretrained=with_weights, **options)
    except Exception as error:  # of the download, in types of several libraries
        weights = " with its weights; name a file with --weights" if with_weights else ""
        said = printable(str(error).partition("\n")[0], 160)
        raise UserError(f"timm could not build {name}{weights} ({said}).", about="model") from error
    return network
