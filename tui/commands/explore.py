"""Opening the explorer. No click here: the bare command must be on the screen in half a second."""

import gc
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from convscope.core.system.errors import UserError

if TYPE_CHECKING:
    from convscope.core.catalog.subjects import Subject
    from convscope.core.system.config import ConfigFile


def explore(
    gallery: str | None = None,
    device: str | None = None,
    typed: Mapping[str, Any] | None = None,
    *,
    low_bandwidth: bool = False,
    graphics: str | None = None,
) -> int:
    """Run the explorer until it is closed; return the exit code.

    Raises:
        UserError: there is no terminal, or a folder or the device cannot be used.
    """
    if why := why_not_here(os.environ):
        raise UserError(
            f"The explorer cannot open: {why}; run `convscope render conv5_1:20-27` to make "
            "pictures without it (convscope --help lists all commands)."
        )
    for name in ("COLUMNS", "LINES"):  # from another terminal, or from before a resize
        os.environ.pop(name, None)
    # Imported only now: --help and the other commands need neither Textual nor the folders.
    from convscope.core.gallery.saving import ensure_writable_gallery  # noqa: PLC0415
    from convscope.core.system.folders import gallery_folder, state_folder  # noqa: PLC0415
    from convscope.tui.commands.settings import (  # noqa: PLC0415
        check_device,
        looks_of,
        mistakes,
        read_settings,
    )
    from convscope.tui.start import key_table, last_session, start_explorer  # noqa: PLC0415

    # Importing Textual makes a hundred thousand objects that all stay: searching them for garbage
    # again and again takes a fifth of the start. The app turns collection on again.
    gc.disable()
    keys, settings = key_table(read_settings())
    sentences = list(mistakes(settings))
    state = state_folder()
    session = last_session(state)
    subject = None
    if typed and any(typed.values()):
        subject = _subject(typed, settings, sentences.append)
    elif session is None:
        subject = _subject({}, settings, sentences.append)
    for sentence in sentences:  # output.note would bring click
        print(f"convscope: {sentence}", file=sys.stderr)
    folder = ensure_writable_gallery(gallery_folder(gallery))
    device = check_device(device or settings.config.device or "auto")
    looks = looks_of(settings, low_bandwidth=low_bandwidth, graphics=graphics)
    return start_explorer(
        folder,
        state,
        device=device,
        session=session,
        subject=subject,
        keys=keys,
        mistakes=sentences,
        looks=looks,
    )


def _subject(
    typed: Mapping[str, Any], file: "ConfigFile", note: Callable[[str], object]
) -> "Subject | None":
    """Return what is to be looked into, after a note of what speaks against it.

    Args:
        typed: what was typed, which comes before what the config file sets.
        file: the config file.
        note: told the note.

    Returns:
        ``None`` where neither names anything.

    Raises:
        UserError: there is no such network; its weights cannot be used.
    """
    config = file.config
    if not any((*typed.values(), config.model, config.weights)):
        return None
    from convscope.tui.commands.subjects import ChosenNetwork, Typed, choice_of  # noqa: PLC0415

    choice = choice_of(Typed(**typed), config, here=False, note=note)
    try:
        return ChosenNetwork(choice.model, choice, here=False, note=note).subject
    except UserError as error:
        is_the_files = typed.get(error.about) is None and getattr(config, error.about, None)
        if not error.about or not is_the_files:
            raise
        raise UserError(f"{file.where(error.about)}: {error}") from error


def why_not_here(environment: Mapping[str, str]) -> str:
    """Say why the explorer cannot open here; '' where it can.

    It draws on standard output; standard error may lead anywhere.

    Args:
        environment: the process's environment.
    """
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if not stream.isatty():
            return f"standard {name} is not a terminal"
    return why_no_drawing(environment)


def why_no_drawing(environment: Mapping[str, str]) -> str:
    """Say why no terminal of this kind can show the explorer; '' where it may."""
    term = environment.get("TERM", "")
    return f"TERM is {term or 'not set'}" if term in ("", "dumb", "unknown") else ""
