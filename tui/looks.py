"""How the explorer is to look on the user's terminal. No Textual."""

from dataclasses import dataclass, field

from convscope.core.system.themes import BUILT_IN, Themes
from convscope.tui.sequences import BELL

HALF_BLOCKS, KITTY = "half-blocks", "kitty"
GRAPHICS = {HALF_BLOCKS: "in any terminal", KITTY: "in pixels, in kitty and Ghostty"}
"""How finished pictures can be drawn, and where."""
LOW_FRAME = 0.4
"""Seconds that a live frame stays on a slow line: a little less than two polls, so that every
second poll shows one."""


@dataclass(frozen=True)
class Looks:
    """What the user set, by a flag or in the config file."""

    theme: str = BUILT_IN[0]
    """Its name."""
    themes: Themes = field(default_factory=dict)
    """The person's own."""
    low_bandwidth: bool = False
    """Live pictures half as large and half as often, for slow lines."""

    graphics: str = HALF_BLOCKS
    """One of :data:`GRAPHICS`."""
    atlas: bool = True
    """Whether the pictures are shown that are part of convscope, until one has made one's own."""
    notify: str = BELL
    """One of :data:`~convscope.tui.sequences.NOTICES`."""

    @property
    def frame_seconds(self) -> float:
        """How long a live frame stays at least."""
        return LOW_FRAME if self.low_bandwidth else 0.0
