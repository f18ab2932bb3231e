"""What is looked into: a network with weights."""

from collections.abc import Sequence

import msgspec

from convscope.core.catalog.networks import DEFAULT_NETWORK, Layer, Network, network
from convscope.core.catalog.published import published_as
from convscope.core.catalog.weights import EMBEDDED, EMBEDDED_NAME, Weights, parse_weights


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """A network, its weights, and what they expect of an image."""

    model: str = DEFAULT_NETWORK
    weights: Weights = EMBEDDED
    normalization: str = ""
    """As tasks hold it: '' where it is the weights' ``usual_normalization``."""
    labels: str = ""
    """A file that names the classes, a line for each; '' where the weights' own names count."""
    classes: int = 0
    """How many classes the weights tell apart; 0 for as many as the network usually does, -1 for
    none, since they have no head."""

    @property
    def network(self) -> Network:
        """The network.

        Raises:
            UserError: there is none of that name.
        """
        return network(self.model)

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers that the weights have, from the input upwards.

        Raises:
            UserError: there is no such network.
        """
        known = self.network
        if self.classes < 0:
            return [
                layer
                for layer in known.layers
                if layer.kind != "fc" and not known.is_classifier(layer.name)
            ]
        layers = (*known.layers, *(known.head if self.weights.name != EMBEDDED_NAME else ()))
        if not self.classes or layers[-1] != known.classifier:
            return layers
        return (*layers[:-1], msgspec.structs.replace(layers[-1], channels=self.classes))

    def is_like(self, other: "Subject") -> bool:
        """Whether pictures of both are the same, whatever is known of their classes."""
        return (self.model, self.weights, self.normalization) == (
            other.model,
            other.weights,
            other.normalization,
        )

    @property
    def title(self) -> str:
        """Network and weights in a few words. Not safe to print."""
        kind = "embedded weights" if self.weights.name == EMBEDDED_NAME else self.weights.label
        return f"{self.model} · {kind}"


def usual_subject(model: str) -> Subject:
    """Return a network with the weights it has where none are named.

    Raises:
        UserError: there is no such network.
    """
    weights = parse_weights(None, network(model).name)
    if weights.name == EMBEDDED_NAME:
        return Subject(model, weights)
    known = published_as(model, weights.name) or network(model)
    return Subject(model, weights, weights.unusual(known.normalization))
