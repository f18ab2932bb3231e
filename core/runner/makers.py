"""How each kind of task is done. Importing it imports torch."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convscope.core.ascent.attempts import AttemptStep
from convscope.core.gallery.outputs import Encode
from convscope.core.runner import animating, mapping, surveying, visualizing
from convscope.core.tasks.animation import Animate
from convscope.core.tasks.base import BaseTask
from convscope.core.tasks.feature_maps import FeatureMaps
from convscope.core.tasks.survey import Survey
from convscope.core.tasks.visualize import Visualize

if TYPE_CHECKING:
    from convscope.core.runner.rendering import Renderer


@dataclass(frozen=True)
class Maker:
    """How the tasks of one kind are done."""

    make: Callable[
        ["Renderer", Sequence[Any], Sequence[bytes]], Generator[AttemptStep, None, list[Encode]]
    ]
    """Does some tasks together, from their checkpoints if there are any; yields after each step,
    and returns their results in order. The positions of a step count in these tasks."""
    task_bytes: Callable[["Renderer", Any], int]
    """Estimates the memory of a device that a task takes."""
    too_large: Callable[[Any], tuple[str, str]]
    """Says what of a task does not fit into memory, and what to choose instead."""
    shares_tensor: bool = True
    """Whether several tasks are done together; otherwise a pack has one."""


MAKERS: Mapping[type[BaseTask], Maker] = {
    Visualize: Maker(visualizing.make, visualizing.task_bytes, visualizing.too_large),
    Animate: Maker(
        animating.make, visualizing.task_bytes, visualizing.too_large, shares_tensor=False
    ),
    Survey: Maker(surveying.make, surveying.task_bytes, surveying.too_large, shares_tensor=False),
    FeatureMaps: Maker(mapping.make, mapping.task_bytes, mapping.too_large),
}
"""By the kind of task."""
