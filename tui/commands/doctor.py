"""``convscope doctor``: whether all is well here, and what to do where it is not."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from convscope.core.runner.logout import ends_at_logout
from convscope.core.system.config import ConfigFile
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.tui.commands.checks import (
    Finding,
    check_cache,
    check_chosen,
    check_config,
    check_devices,
    check_gallery,
    check_logout,
    check_state,
    check_versions,
    check_weights,
    unusable,
)
from convscope.tui.commands.configured import Configured, place_of
from convscope.tui.commands.options import typed_options
from convscope.tui.commands.output import say_json
from convscope.tui.commands.parameters import (
    device_option,
    gallery_option,
    json_option,
    with_subject_options,
)
from convscope.tui.commands.settings import check_device as check_name
from convscope.tui.commands.subjects import Typed
from convscope.tui.commands.terminal import check_encoding, check_graphics, check_terminal
from convscope.tui.start import key_table

COLOURS = {"ok": "green", "advice": "yellow", "problem": "red"}


@click.command(cls=Configured, says_mistakes=False)
@device_option("Device to check.")
@with_subject_options
@gallery_option("Folder of the pictures to check.")
@json_option
@click.pass_context
def doctor(
    context: click.Context,
    /,
    *,
    device: str,
    gallery: str | None,
    as_json: bool,
    **subject: Any,  # noqa: ANN401  as its options read it
) -> int:
    """Check terminal, device, weights and folders, with advice.

    The exit code is 1 if something will not work.
    """
    findings = []
    checks = _checks(check_name(device), gallery, typed_options(**subject), context.obj)
    for finding in _examine(checks, context):
        findings.append(finding)
        if not as_json:
            _say(finding)
    if as_json:
        say_json({"checks": [asdict(finding) for finding in findings]})
    return 1 if any(finding.state == "problem" for finding in findings) else 0


Check = Callable[[], Iterable[Finding]]


def _checks(device: str, gallery: str | None, typed: Typed, file: ConfigFile) -> dict[str, Check]:
    """Return each check by the name of its findings; torch, the slowest, comes last."""
    return {
        "terminal": lambda: [check_terminal(os.environ, in_terminal=sys.stdout.isatty())],
        "encoding": lambda: [check_encoding(sys.stdout.encoding)],
        "graphics": lambda: [check_graphics(file.config.graphics, os.environ)],
        "versions": lambda: [check_versions()],
        "weights": lambda: [check_weights(), *check_cache()],
        "network": lambda: check_chosen(typed, file.config),
        "config": lambda: check_config(key_table(file)[1] if file.config.keys else file),
        "gallery": lambda: [check_gallery(gallery)],
        "state": check_state,
        "logout": lambda: [check_logout(ends=ends_at_logout())],
        "device": lambda: check_devices(device),
    }


def _examine(checks: Mapping[str, Check], context: click.Context) -> Iterator[Finding]:
    """Yield each finding as soon as it is known, and one for each check that failed itself."""
    for name, check in checks.items():
        try:
            yield from check()
        except UserError as error:
            place = place_of(context, error.about)
            yield unusable(name, UserError(f"{place}: {error}") if place else error)
        except Exception as error:  # noqa: BLE001  the other checks may tell why
            what = printable(f"the check failed ({type(error).__name__}: {error})", 200)
            yield Finding(name, "problem", what, "fix the other problems first, then try again")


def _say(finding: Finding) -> None:
    """Print a finding, and its remedy indented below; colours only where they are wanted."""
    mark = click.style(f"{finding.state:<7}", fg=COLOURS[finding.state])
    wanted = False if os.environ.get("NO_COLOR") else None
    click.echo(f"{finding.name:<8}  {mark}  {finding.detail}", color=wanted)
    if finding.remedy:
        click.echo(f"{'':<19}→ {finding.remedy}")
