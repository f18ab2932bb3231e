"""``convscope doctor``: whether all is well here, and what to do where it is not."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from core.config import ConfigFile
from core.runner.logout import ends_at_logout
from tui.commands.checks import (
    check_config,
    check_device,
    check_gallery,
    check_logout,
    check_state,
    check_versions,
    check_weights,
)
from tui.commands.completion.words import complete_devices
from tui.commands.configured import Configured, place_of
from tui.commands.devices import check_device as check_name
from tui.commands.findings import Finding
from tui.commands.graphics import judge_graphics
from tui.commands.output import say_json
from tui.commands.settings import key_table
from tui.commands.terminal import check_terminal

COLOURS = {"ok": "green", "advice": "yellow", "problem": "red"}


@click.command(cls=Configured, says_mistakes=False)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    help="Device to ask about.",
    shell_complete=complete_devices,
)
@click.option("--gallery", metavar="DIR", help="Folder of the pictures to ask about.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def doctor(context: click.Context, device: str, gallery: str | None, as_json: bool) -> int:
    """Check terminal, device, weights and folders, with advice.

    Ends with 1 when something will not work.
    """
    findings = []
    for finding in _examine(check_name(device), gallery, context):
        findings.append(finding)
        if not as_json:
            _say(finding)
    if as_json:
        say_json({"checks": [asdict(finding) for finding in findings]})
    return 1 if any(finding.state == "problem" for finding in findings) else 0


def _examine(device: str, gallery: str | None, context: click.Context) -> Iterator[Finding]:
    """Yield each finding as soon as it is known; torch, the slowest, comes last."""
    yield check_terminal(os.environ, in_terminal=sys.stdout.isatty())
    file: ConfigFile = context.obj
    yield judge_graphics(file.config.graphics, os.environ)
    yield check_versions()
    yield check_weights()
    yield from check_config(key_table(file)[1] if file.config.keys else file)
    yield check_gallery(gallery)
    yield from check_state()
    yield check_logout(ends=ends_at_logout())
    yield check_device(device, place_of(context, "device"))


def _say(finding: Finding) -> None:
    """Print a finding, and its remedy indented below; colours only where they are wanted."""
    mark = click.style(f"{finding.state:<7}", fg=COLOURS[finding.state])
    wanted = False if os.environ.get("NO_COLOR") else None
    click.echo(f"{finding.name:<8}  {mark}  {finding.detail}", color=wanted)
    if finding.remedy:
        click.echo(f"{'':<19}→ {finding.remedy}")
