"""Looking at photos in this very process, for the command that waits for their maps.

Importing this module loads no torch; the first look does.
"""

from typing import TYPE_CHECKING

from convscope.core.runner.torch_room import importing_torch
from convscope.core.tasks.feature_maps import FeatureMaps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from convscope.core.gallery.records import MapsRecord
    from convscope.core.runner.rendering import Renderer


class LocalMaps:
    """Makes the maps of photos on one device.

    Args:
        device: its name.
    """

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._renderer: Renderer | None = None

    def look(self, task: FeatureMaps, photo: "Image") -> tuple["MapsRecord", "NDArray[np.float32]"]:
        """Return the maps of a layer, ``(channels, h, w)`` before the activation.

        Args:
            task: which network and layer; its photo is not read.
            photo: RGB.

        Raises:
            UserError: the weights or the device cannot be used.
        """
        with importing_torch():
            from convscope.core.runner.mapping import look  # noqa: PLC0415  torch only once there is work
            from convscope.core.runner.rendering import Renderer  # noqa: PLC0415

        if self._renderer is None:
            self._renderer = Renderer(self._device)
        return look(self._renderer, task, photo)
