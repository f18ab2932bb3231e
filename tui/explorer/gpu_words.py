"""What the GPUs do, in a few words. Plain."""

from collections.abc import Iterable, Sequence

from convscope.core.runner.gpu_figures import GpuFigures
from convscope.tui.explorer.feed import Feed


def gpu_words(figures: Iterable[GpuFigures]) -> list[str]:
    """Write load, memory, power and temperature, as far as they are told.

    Of several GPUs it is the mean load, the sum of memory and power, and the highest temperature.
    """
    found = list(figures)
    loads = [each.load for each in found if each.load is not None]
    memory = [
        (each.memory_used, each.memory_total)
        for each in found
        if each.memory_used is not None and each.memory_total is not None
    ]
    watts = [each.watts for each in found if each.watts is not None]
    degrees = [each.celsius for each in found if each.celsius is not None]
    said = [f"{sum(loads) / len(loads):.0f}%"] if loads else []
    if memory:
        used, total = (sum(part) / 2**30 for part in zip(*memory, strict=True))
        said.append(f"{used:.1f} of {total:.0f} GB")
    said += [f"{sum(watts):.0f} W"] if watts else []
    return [*said, f"{max(degrees)} °C"] if degrees else said


def workers_gpu_words(feed: Feed) -> Sequence[str]:
    """Write the figures of those GPUs that workers compute on; nothing where there are none."""
    gpus = feed.gpus
    return gpu_words(gpus[worker.slot] for worker in feed.workers if worker.slot in gpus)
