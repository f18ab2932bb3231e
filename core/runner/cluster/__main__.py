"""``python -m convscope.core.runner.cluster``: the processes of a cluster."""

import argparse
import logging
import sys
from pathlib import Path

from convscope.core.runner.cluster.files import STANDARD_INPUT, ClusterFile, read_cluster_file
from convscope.core.runner.process import USELESS
from convscope.core.system.errors import UserError
from convscope.core.system.text import printable


def main() -> int:
    """Be one of them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m convscope.core.runner.cluster")
    parser.add_argument("role", choices=["coordinator", "box", "member"])
    parser.add_argument("--state", type=Path, help="of the coordinator")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--cluster", default=STANDARD_INPUT, help="file that workers join by")
    options = parser.parse_args()
    if options.role == "coordinator":
        from convscope.core.runner.cluster.coordinator import run_coordinator  # noqa: PLC0415

        return run_coordinator(options.state)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    try:
        return _work(options.role, read_cluster_file(options.cluster), options.device)
    except UserError as error:
        print(f"convscope: {printable(error, 1000)}", file=sys.stderr)
        return USELESS


def _work(role: str, cluster: ClusterFile, device: str) -> int:
    if role == "box":
        from convscope.core.runner.cluster.box import BoxSupervisor  # noqa: PLC0415

        return BoxSupervisor(cluster, device).run()
    from convscope.core.runner.cluster.member import run_member  # noqa: PLC0415  with torch

    return run_member(cluster, device)


if __name__ == "__main__":
    sys.exit(main())
