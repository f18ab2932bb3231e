"""What commands look into: networks, the weights chosen for each, and what is known of those.

No click: the explorer opens without it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from convscope.core.catalog.classes import check_count, class_names
from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network, network
from convscope.core.catalog.normalization import named
from convscope.core.catalog.own import parse_own
from convscope.core.catalog.published import published
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.weights import EMBEDDED_NAME, Weights, WeightsFacts, parse_weights
from convscope.core.system.config import Config
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


class Typed(NamedTuple):
    """What was typed after the options of these names."""

    model: str | None = None
    weights: str | None = None
    normalize: str | None = None
    labels: Path | None = None


@dataclass(frozen=True)
class Choice:
    """What was typed, or stands in the config file."""

    model: str = DEFAULT_NETWORK
    """The network of targets that name none."""
    weights: str | None = None
    """A name or a file; ``None`` for what each network has unless others are named."""
    weights_of: str = ""
    """The network that those are for; '' for any."""
    normalization: str = ""
    """The normalisation that was typed; '' where none was."""
    assumed_normalization: str = ""
    """What the config file assumes for weights of which none is known; '' for imagenet."""
    labels: Path | None = None
    """A file that names the classes."""

    def check(self, models: Collection[str]) -> None:
        """Make sure that what is one network's was not typed for several.

        Raises:
            UserError: it was.
        """
        weights = None if self.weights_of else self.weights
        for option, typed in (("--weights", weights), ("--labels", self.labels)):
            if typed is not None and len(models) > 1:
                raise UserError(
                    f"{option} is for one network, but the targets are of "
                    f"{' and '.join(sorted(models))}; make those of each with its own command."
                )


def named_network(text: str, *, here: bool, note: Callable[[str], object]) -> Network:
    """Return a network by its name, or one of a person's own by what builds it.

    Args:
        text: as it was typed after ``--model``.
        here: whether one's own is described in this process, which then imports torch.
        note: told what could not be found out of one's own.

    Raises:
        UserError: there is no such network, or one's own cannot be looked into.
    """
    own = parse_own(text)
    if own is None:
        return network(text)
    from convscope.core.runner.described import describe_own  # noqa: PLC0415  few have their own

    return describe_own(own, here=here, warn=note)


def choice_of(typed: Typed, config: Config, *, here: bool, note: Callable[[str], object]) -> Choice:
    """Return what was typed, and for the rest what the config file has.

    Args:
        typed: what was typed.
        config: the config file's settings.
        here: see :func:`named_network`.
        note: likewise.

    Raises:
        UserError: there is no such network or normalisation.
    """
    model = typed.model or config.model or DEFAULT_NETWORK
    return Choice(
        model=named_network(model, here=here, note=note).name,
        weights=config.weights if typed.weights is None else typed.weights,
        weights_of=(config.model or DEFAULT_NETWORK) if typed.weights is None else "",
        normalization=named(typed.normalize) if typed.normalize is not None else "",
        assumed_normalization=named(config.normalize) if config.normalize else "",
        labels=typed.labels,
    )


class ChosenNetwork:
    """A network with its weights, which are examined once, when something of them is asked."""

    def __init__(
        self, model: str, choice: Choice, *, here: bool, note: Callable[[str], object]
    ) -> None:
        """Examine nothing yet.

        Args:
            model: the network's name.
            choice: what was chosen.
            here: whether weights are examined in this process, which then imports torch.
            note: told what speaks against the choice.

        Raises:
            UserError: there is no such network.
        """
        self.network: Network = network(model)
        self._choice, self._here, self._note = choice, here, note

    @cached_property
    def weights(self) -> Weights:
        """The weights.

        Raises:
            UserError: they are neither a name of the network's weights nor a file.
        """
        is_for_it = self._choice.weights_of in ("", self.network.name)
        return parse_weights(self._choice.weights if is_for_it else None, self.network.name)

    @cached_property
    def normalization(self) -> str:
        """What was typed, else what the weights are known to expect, else what is assumed.

        It is as tasks hold it. Where the assumed one hardly fits, a note says so.

        Raises:
            UserError: the weights cannot be used.
        """
        facts, choice = self.facts, self._choice
        chosen = choice.normalization or facts.normalization or choice.assumed_normalization
        if not chosen and (doubt := facts.doubt(self.weights)):
            self._note(doubt)
        return self.weights.unusual(chosen or self.weights.usual_normalization)

    @cached_property
    def classes(self) -> Sequence[str]:
        """The names of its classes, in order; '' for one whose name is not known.

        Raises:
            UserError: the weights cannot be used or have no head; the file of names does not fit.
        """
        count, labels = self.facts.classes, self._choice.labels
        if not count:
            raise self._headless()
        names = class_names(self.network.name, self.weights, labels)
        if labels is not None:
            check_count(names, labels, count)
        return names if len(names) == count else ("",) * count

    @property
    def subject(self) -> Subject:
        """All of it as one value.

        Raises:
            UserError: see :attr:`normalization` and :attr:`classes`.
        """
        labels = self._choice.labels
        name = "" if labels is None or not self.classes else str(labels.absolute())
        classes = self.facts.classes
        is_usual = classes == self.network.classes or self.weights.name == EMBEDDED_NAME
        unusual = 0 if is_usual else classes or -1
        return Subject(self.network.name, self.weights, self.normalization, name, unusual)

    def check(self, layer: Layer) -> None:
        """Make sure that the weights reach a layer.

        Raises:
            UserError: they do not, or cannot be used.
        """
        if self.facts.lack(layer.node):
            raise self._headless()

    def _headless(self) -> UserError:
        whole = next((each.name for each in published(self.network.name) if each.classes), "")
        return UserError(
            f"The weights {printable(self.weights.name)} have no classifier that fits "
            f"{self.network.name}, so only layers before it can be looked at; choose others "
            f"with --weights{f', such as {whole}' if whole else ''}.",
            about="weights",
        )

    @cached_property
    def facts(self) -> WeightsFacts:
        """What is known of the weights.

        Raises:
            UserError: they cannot be used.
        """
        from convscope.core.runner.apart import NoAnswerError  # noqa: PLC0415  few name a file
        from convscope.core.runner.examined import examined  # noqa: PLC0415

        try:
            return examined(self.network.name, self.weights, here=self._here)
        except NoAnswerError as error:
            chosen = self._choice.normalization or self._choice.assumed_normalization or "imagenet"
            self._note(
                f"{printable(self.weights.name)} could not be checked ({error}); --normalize "
                f"{chosen} is assumed, and its jobs fail if it cannot be used."
            )
            return WeightsFacts(classes=self.network.classes)
