"""``convscope animate``: how images grow out of noise, as WebP, GIF or APNG."""

from pathlib import Path
from typing import get_args

import click

from convscope.core.gallery.outputs import output_of
from convscope.core.gallery.records import AnimationRecord
from convscope.core.runner.local import Saved
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.animation import FRAMES, Animate, Container, animation_of
from convscope.tui.commands.configured import Configured
from convscope.tui.commands.options import RenderOrder, making_options
from convscope.tui.commands.output import say_json, say_path
from convscope.tui.commands.outputs import check_new, check_output
from convscope.tui.commands.parameters import (
    Number,
    TypedFile,
    json_option,
    targets_argument,
)
from convscope.tui.commands.render import conclude, make, make_unsaved, picture_document

CONTAINERS: tuple[Container, ...] = get_args(Container)
ANIMATIONS = "animations"


@click.command(cls=Configured)
@targets_argument
@click.option(
    "--out",
    metavar="FILE",
    type=TypedFile("The animation"),
    help="Where to save it, as .webp, .gif or .png; in the gallery unless given.",
)
@click.option(
    "--frames",
    type=Number(int, str(FRAMES)),
    default=FRAMES,
    show_default=True,
    help="Number of frames, from the start to the finished picture; closer together at first, when "
    "its shapes emerge. If there are more frames than steps, blends fill the gaps.",
)
@click.option("--curve", is_flag=True, help="Draw the activation below the frames.")
@click.option(
    "--format",
    "container",
    type=click.Choice(CONTAINERS),
    help="Format of animations in the gallery; webp unless given. png is a lossless APNG. At 128 "
    "px, 33 frames take 260 KB as webp, 560 KB as gif, 1.2 MB as png.",
)
@making_options(here=True)
@json_option
def animate(
    targets: tuple[str, ...],
    *,
    out: Path | None,
    frames: int,
    curve: bool,
    container: Container | None,
    order: RenderOrder,
    as_json: bool,
) -> int:
    """Animate how images grow out of noise, or out of a photo, and print the path of each.

    TARGETS are LAYER:CHANNELS, such as conv5_1:26; --out takes one. The last frame is the picture
    that render makes with the same options, pixel by pixel but for a GIF's 256 colours, and stays
    for two seconds.
    """
    kind = (container or CONTAINERS[0]) if out is None else _kind_of(out, container)
    tasks = [
        animation_of(job, frames=frames, curve=curve, container=kind) for job in order.jobs(targets)
    ]
    for task in tasks:
        task.check()
    say = (lambda _: None) if as_json else say_path
    if out is None:
        saved = make(tasks, order, say, ANIMATIONS)
    else:
        saved = [_make(_only(tasks), order, out)]
        say(out)
    if as_json:
        say_json({ANIMATIONS: [{**picture_document(each), "frames": frames} for each in saved]})
    return conclude(saved)


def _kind_of(out: Path, container: Container | None) -> Container:
    """Return the kind of file that a name ends in.

    Raises:
        UserError: it is none, or another one than was asked for; it cannot be written.
    """
    check_output(out, "--out", *(f".{each}" for each in CONTAINERS))
    found = next(each for each in CONTAINERS if out.suffix.lower() == f".{each}")
    if container not in (None, found):
        raise UserError(
            f"--out {printable(out)} is no {container}; leave out --format, or change the name."
        )
    return found


def _only(tasks: list[Animate]) -> Animate:
    if len(tasks) > 1:
        raise UserError(
            f"--out is for one animation, and these are {len(tasks):,}; leave it out, and they go "
            "into the gallery."
        )
    return tasks[0]


def _make(task: Animate, order: RenderOrder, out: Path) -> Saved:
    """Make an animation and save it where it was asked for."""
    output = output_of(task)
    check_output(out, "--out", out.suffix.lower(), size=output.most_bytes(task))
    check_new(out, "--out", force=order.force)
    artifact = make_unsaved(task, order.device, ANIMATIONS)
    output.save(out, artifact, lambda: True)
    assert isinstance(artifact.record, AnimationRecord)
    return Saved(task, out, artifact.record, new=True)
