"""The record that every result carries: what was asked, what came of it, and how."""

from typing import Literal, TypeVar

import msgspec

from convscope.core.ascent.recipes import Recipe, renamed
from convscope.core.ascent.verdicts import Verdict
from convscope.core.catalog.geometry import Field
from convscope.core.catalog.targets import Target
from convscope.core.catalog.weights import Weights
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.animation import Animate, Container, animation_of
from convscope.core.tasks.base import UNTAGGED
from convscope.core.tasks.start_image import StartImage
from convscope.core.tasks.visualize import Visualize

FORMAT = 2
"""Of pictures that start from a photo: versions that know of no such start refuse their records,
and do not make something else from them."""
USUAL_FORMAT = 1
"""Of all others, which earlier versions read."""


class BaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the records of all kinds have.

    The record of a kind of task is a subclass with that kind's tag; it also tells the ``seconds``
    that the result took.
    """

    format: int = USUAL_FORMAT

    @property
    def activation(self) -> float | None:
        """What the queue's listings show beside a result, if anything."""
        return None

    @property
    def verdict(self) -> str | None:
        """As :attr:`activation`."""
        return None


class Record(BaseRecord, frozen=True, kw_only=True, tag=UNTAGGED, tag_field="task"):
    """One picture's whole story; enough to make it again."""

    model: str
    weights: str
    weights_sha256: str
    layer: str
    channel: int
    recipe: Recipe
    seed: int
    activation: float
    """Mean of the target's map before the ReLU, on the 8-bit image as saved."""
    start_activation: float
    """The same of the image that the best attempt started from."""
    verdict: Verdict
    steps_run: int
    attempts: list[float]
    """The activation of each attempt, in order; the largest is kept."""
    peak: float | None = None
    """Largest value of the map over all steps of all attempts: of a silent channel it shows that
    the channel is dead, not that the ascent failed."""
    seconds: float
    """This image's share of the time its pack took from its first step on: what was set up before
    that is there for the next one. Where it went on from a checkpoint, the steps before that count
    as if they had taken as long."""
    device: str
    precision: Literal["float32", "bfloat16"]
    """What the network ran in."""
    versions: dict[str, str]
    created: str
    """When, in UTC, ISO 8601."""
    direction: tuple[float, ...] = ()
    """See ``Visualize.direction``."""
    variant: int = 0
    """See ``Visualize.variant``."""
    normalization: str = ""
    """How images were normalised for the network, by name or as numbers; records of versions that
    had no choice have none and mean the weights' ``usual_normalization``."""
    start_image: StartImage | None = None
    """See ``Visualize.start_image``."""

    @property
    def target(self) -> Target:
        """The channel this picture is of."""
        return Target(self.model, self.layer, self.channel)

    def task(self) -> Visualize:
        """The task that makes this picture again, in the precision it was made in."""
        weights = Weights(self.weights, self.weights_sha256)
        return Visualize(
            model=self.model,
            layer=self.layer,
            channel=self.channel,
            recipe=self.recipe,
            seed=self.seed,
            weights=weights,
            precision=self.precision,
            direction=self.direction,
            variant=self.variant,
            normalization=weights.unusual(self.normalization),
            start_image=self.start_image,
        )


class AnimationRecord(Record, frozen=True, kw_only=True, tag="animation", tag_field="task"):
    """One animation's whole story: that of its last frame, and how the way there is shown."""

    frames: int
    curve: bool
    container: Container

    def task(self) -> Animate:
        """The task that makes this animation again, in the precision it was made in."""
        return animation_of(
            super().task(), frames=self.frames, curve=self.curve, container=self.container
        )


class SurveyRecord(BaseRecord, frozen=True, kw_only=True, tag="survey", tag_field="task"):
    """What looking at some photos came to; what they excite is in the index alone."""

    photos: int
    """That were looked at."""
    unreadable: int
    """That could not be, with reasons in the index."""
    seconds: float


class MapsRecord(BaseRecord, frozen=True, kw_only=True, tag="maps", tag_field="task"):
    """What the maps of a layer over a photo are of, and how to read their numbers."""

    photo: str
    """SHA-256 digest of the photo's file."""
    model: str
    weights: str
    weights_sha256: str
    normalization: str
    layer: str
    framing: tuple[int, int, int, int, int, int]
    """Of the photo: see :class:`~convscope.core.system.photos.Framing`."""
    field: Field
    """What a value sees of the image that was framed."""
    scale: float = 1.0
    """What the stored numbers are to be multiplied by."""
    strong: float
    """The 99.9% quantile of all values, before the activation."""
    extreme: float
    """The same of their magnitudes."""
    seconds: float
    device: str


_Kind = TypeVar("_Kind", bound=BaseRecord)


class _Header(msgspec.Struct):
    task: str = UNTAGGED
    format: int = USUAL_FORMAT


def encode(record: BaseRecord) -> str:
    """Write a record as JSON; as with tasks, the tag of the first kind is left out.

    So is a start image where there is none.
    """
    if record.__struct_config__.tag != UNTAGGED:
        return msgspec.json.encode(record).decode()
    told = msgspec.structs.asdict(record)
    if told.get("start_image", record) is None:
        del told["start_image"]
    return msgspec.json.encode(told).decode()


def decode(text: str | bytes, source: object, *kinds: type[_Kind]) -> _Kind:
    """Read a record from JSON.

    Args:
        text: the JSON.
        source: where it was found, for the error's sentence.
        kinds: which of them it is to be.

    Raises:
        UserError: it is not a record, is one of another kind, or has a newer format.
    """
    try:
        header = msgspec.json.decode(text, type=_Header)
        kind = next((each for each in kinds if each.__struct_config__.tag == header.task), None)
        if kind is not None and header.format <= FORMAT:
            return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"{printable(source)} carries a damaged convscope record ({printable(error)})."
        ) from error
    what = f"record format {header.format}" if kind else f"record of {printable(header.task)}"
    raise UserError(
        f"{printable(source)} was written by a newer convscope ({what}); update convscope to read "
        "it."
    )


def is_of(record: Record, task: Visualize) -> bool:
    """Whether a record is of the result a task asks for, on whatever device it was made."""
    return _asked(record.task()) == _asked(task)


def _asked(task: Visualize) -> tuple[object, ...]:
    """Return what two tasks have to share for their results to be of each other."""
    shown = (task.frames, task.curve, task.container) if isinstance(task, Animate) else ()
    return (
        task.target,
        renamed(task.recipe),
        task.seed,
        task.weights.name,
        task.variant,
        task.normalization,
        task.start_image and task.start_image.identity,
        *shown,
    )
