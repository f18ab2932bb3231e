"""The record that every PNG carries: what was asked, what came of it, and how."""

from typing import Literal

import msgspec

from convscope.core.ascent.recipes import Recipe
from convscope.core.ascent.verdicts import Verdict
from convscope.core.catalog.targets import Target
from convscope.core.catalog.weights import Weights
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable
from convscope.core.tasks.visualize import Visualize

FORMAT = 1


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One picture's whole story; enough to make it again."""

    format: int = FORMAT
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
    """This image's share of the time its pack took."""
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

    @property
    def target(self) -> Target:
        """The channel this picture is of."""
        return Target(self.model, self.layer, self.channel)

    def task(self) -> Visualize:
        """The job that makes this picture again, in the precision it was made in."""
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
        )


def encode(record: Record) -> str:
    """Write a record as JSON."""
    return msgspec.json.encode(record).decode()


def decode(text: str | bytes, source: object) -> Record:
    """Read a record from JSON.

    Args:
        text: the JSON.
        source: where it was found, for the error's sentence.

    Raises:
        UserError: it is not a record, or has a newer format.
    """
    try:
        record = msgspec.json.decode(text, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"{printable(source)} carries a damaged convscope record ({printable(error)})."
        ) from error
    if record.format > FORMAT:
        raise UserError(
            f"{printable(source)} was written by a newer convscope (record format "
            f"{record.format}); update convscope to read it."
        )
    return record
