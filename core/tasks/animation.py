"""The task of showing how an image comes to be: an image, and which of the steps are seen."""

from typing import Literal

import msgspec

from convscope.core.system.errors import UserError
from convscope.core.tasks.visualize import Visualize

Container = Literal["webp", "gif", "png"]
"""The kinds of files that hold animations, by their endings; a PNG is then an APNG."""

ANIMATION = "-animation"
"""What the names of their files end in, before the ending itself."""
FRAMES = 33
"""Unless asked for otherwise."""
MAX_PIXELS = 40_000_000
"""Of all frames that are made together, 3 bytes each in memory: 152 frames of 512 px."""


class Animate(Visualize, frozen=True, kw_only=True, tag="animation", tag_field="task"):
    """All that decides how an image comes out, and how the way there is shown."""

    frames: int = FRAMES
    """The last one is the image itself."""
    curve: bool = False
    """Whether the activation is drawn below the frames."""
    container: Container = "webp"

    @property
    def suffix(self) -> str:
        """What the name of its file ends in."""
        return f"{ANIMATION}.{self.container}"

    @property
    def title(self) -> str:
        """What the queue's listings call it. Not safe to print."""
        return f"animation of {super().title}"

    @property
    def brief(self) -> str:
        """The same where its network is known. Not safe to print."""
        return f"animation of {super().brief}"

    def check(self) -> None:
        """Find out whether it can be made.

        Raises:
            UserError: its image cannot, or it would be no animation, or one that memory should not
                be asked for.
        """
        super().check()
        if self.frames < 2:
            raise UserError(f"--frames {self.frames} is not an animation; choose 2 or more.")
        side, variants = self.recipe.resolution, self.recipe.variants
        most = MAX_PIXELS // (side**2 * variants)
        if self.frames > most:
            remedies = ["a smaller resolution"]
            if most > 1:
                remedies.insert(0, f"{most:,} frames or fewer")
            if variants > 1:
                remedies.append("fewer variants")
            raise UserError(
                f"{self.frames:,} frames of {side} px take too much memory; choose "
                f"{', or '.join(remedies)}."
            )


def animation_of(
    image: Visualize,
    *,
    frames: int = FRAMES,
    curve: bool = False,
    container: Container = "webp",
) -> Animate:
    """Return the task of showing how an image comes to be.

    Args:
        image: the task of making it.
        frames: how many.
        curve: whether the activation is drawn below them.
        container: kind of the file.
    """
    asked = msgspec.structs.asdict(image)
    return Animate(**asked, frames=frames, curve=curve, container=container)
