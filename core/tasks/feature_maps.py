"""The task of looking at a photo with one layer: the maps of all its channels."""

import os

import msgspec

from convscope.core.catalog.networks import network
from convscope.core.catalog.normalization import parse_normalization
from convscope.core.catalog.weights import Weights
from convscope.core.tasks.base import NetworkTask


class FeatureMaps(NetworkTask, frozen=True, kw_only=True, tag="maps", tag_field="task"):
    """What the channels of a layer see in a photo."""

    photo: bytes
    """Absolute path of its file: in a text there is no room for bytes that are none."""
    sha256: str
    """Of the file's content; it alone says which photo it is, wherever it lies."""
    layer: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The layer, as one of several that a network may be cut behind."""
        return (self.layer,)

    @property
    def title(self) -> str:
        """What listings call it. Not safe to print."""
        return f"{self.layer} in {os.path.basename(os.fsdecode(self.photo))}"  # noqa: PTH119

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that differ for different tasks, wherever their files lie."""
        told = msgspec.structs.replace(self, photo=b"", weights=Weights(self.weights.label))
        return super(FeatureMaps, told).digest

    def check(self) -> None:
        """Find out whether it can be done.

        Raises:
            UserError: there is no such network, layer or normalisation.
        """
        network(self.model).layer(self.layer)
        parse_normalization(self.input_normalization)
