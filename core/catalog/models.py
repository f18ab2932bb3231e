"""The models convscope knows and the geometry of their layers, without loading any of them."""

from dataclasses import dataclass

from convscope.core.system.errors import UserError
from convscope.core.system.text import nearest

VGG16_CONFIGURATION: tuple[int | None, ...] = (
    *(64, 64, None),
    *(128, 128, None),
    *(256, 256, 256, None),
    *(512, 512, 512, None),
    *(512, 512, 512, None),
)
"""VGG16, configuration D of Simonyan and Zisserman (2014): channels of each 3×3 convolution,
``None`` for a 2×2 max pooling."""


@dataclass(frozen=True)
class Layer:
    """One convolutional layer: what a target can name."""

    name: str
    """The field's name, ``conv5_1``."""
    path: str
    """The module path in torchvision's model, ``features.24``."""
    index: int
    """Position in the sequence of modules."""
    channels: int
    stride: int
    """Input pixels between two neighbouring values of the map."""
    receptive_field: int
    """Side in input pixels of what one value of the map can see."""


@dataclass(frozen=True)
class Model:
    """A network by name, with its layers from the input upwards."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def channel_count(self) -> int:
        """All channels of all layers: the number of targets."""
        return sum(layer.channels for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """Find a layer by its name or module path.

        Raises:
            UserError: there is none; the sentence names the nearest ones.
        """
        for layer in self.layers:
            if name in (layer.name, layer.path):
                return layer
        names = [layer.name for layer in self.layers]
        alike = nearest(name, names) or f"{names[0]} … {names[-1]}"
        raise UserError(
            f"{self.name} has no layer {name!r}; the nearest are {alike} "
            "(convscope layers lists them all)."
        )


def _vgg16() -> Model:
    """Walk the configuration: receptive field and stride grow by kernel and pooling.

    Each 3×3 convolution adds 2 jumps to the receptive field, each 2×2 pooling adds one and doubles
    the jump (Araujo et al., "Computing Receptive Fields of CNNs", Distill 2019).
    """
    layers: list[Layer] = []
    index, block, position, jump, field = 0, 1, 1, 1, 1
    for channels in VGG16_CONFIGURATION:
        if channels is None:
            field, jump = field + jump, jump * 2
            index, block, position = index + 1, block + 1, 1
            continue
        field += 2 * jump
        layers.append(
            Layer(
                name=f"conv{block}_{position}",
                path=f"features.{index}",
                index=index,
                channels=channels,
                stride=jump,
                receptive_field=field,
            )
        )
        index, position = index + 2, position + 1  # the ReLU is a module of its own
    return Model("vgg16", tuple(layers))


VGG16 = _vgg16()
MODELS = {VGG16.name: VGG16}


def model(name: str) -> Model:
    """Find a model by name.

    Raises:
        UserError: there is none of that name.
    """
    try:
        return MODELS[name]
    except KeyError:
        raise UserError(f"There is no model {name!r}; there is {', '.join(MODELS)}.") from None
