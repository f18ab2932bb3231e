"""Where the runner keeps its files in the state folder."""

from pathlib import Path

from convscope.core.jobs.rows import Job


def runner_lock(state: Path) -> Path:
    """Held by the supervisor."""
    return state / "runner.lock"


def successor_lock(state: Path) -> Path:
    """Held by the supervisor that waits for the end of the one there is."""
    return state / "successor.lock"


def worker_lock(state: Path, slot: str) -> Path:
    """Held by the worker of a slot."""
    return state / "workers" / f"{slot}.lock"


def worker_locks(state: Path) -> list[Path]:
    """Those of all slots that ever had a worker."""
    return sorted((state / "workers").glob("*.lock"))


def stop_flag(state: Path) -> Path:
    """There while the user wants no runner to start by itself."""
    return state / "stopped"


def status_file(state: Path) -> Path:
    """What the supervisor tells about itself."""
    return state / "runner.json"


def live_folder(state: Path) -> Path:
    """One small file for each worker: what it is making. Not durable."""
    return state / "live"


def log_folder(state: Path) -> Path:
    """The logs of the runner's processes."""
    return state / "logs"


def maps_folder(state: Path) -> Path:
    """Feature maps of photos that were looked at: the gallery of their tasks."""
    return state / "maps"


def in_flight_file(state: Path, slot: str) -> Path:
    """There while the worker of a slot makes drafts: which."""
    return state / "workers" / f"{slot}.drafts"


def begun_file(state: Path, slot: str) -> Path:
    """There while the queue may not tell of all jobs that the worker of a slot has begun: which."""
    return state / "workers" / f"{slot}.begun"


def cluster_folder(state: Path) -> Path:
    """What belongs to workers on other machines: certificates, settings."""
    return state / "cluster"


def checkpoint_folder(state: Path) -> Path:
    """Images in the making, from which they go on."""
    return state / "checkpoints"


def checkpoint_name(job: Job) -> str:
    """What belongs to a job is called so, there and in the bundles of a pack."""
    # The digest: in a queue that was rebuilt, the number may be another job's.
    return f"{job.id}-{job.task.digest}"


def checkpoint_file(state: Path, job: Job) -> Path:
    """How far one job is, as earlier versions wrote it."""
    return checkpoint_folder(state) / f"{checkpoint_name(job)}.safetensors"


def kept_picture(state: Path, job: Job) -> Path:
    """The picture of a job that is finished and could not be saved in its gallery yet."""
    return checkpoint_file(state, job).with_suffix(".png")


RUNNER_LOG = "runner.log"
"""In the log folder: the supervisor's; it also tells how workers ended."""
