"""``python -m convscope.core.runner``: the supervisor's process, and with ``--slot`` a worker's."""

import argparse
import sys
from pathlib import Path

from convscope.core.runner.installed import InstalledCode


def main() -> int:
    """Be a supervisor or a worker; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m convscope.core.runner")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--foreground", action="store_true", help="stay when nothing is left")
    parser.add_argument("--after", action="store_true", help="wait for another supervisor to end")
    parser.add_argument("--replace", action="store_true", help="ask that one to end first")
    parser.add_argument("--slot", help="run the worker of this slot")
    parser.add_argument("--wishes", action="store_true", help="the worker makes drafts as well")
    options = parser.parse_args()
    if options.slot:
        from convscope.core.runner.process import run_worker  # noqa: PLC0415  no business of supervisors

        return run_worker(options.state, options.slot, options.device, serves_wishes=options.wishes)
    code = InstalledCode()  # before the modules are imported that it is about
    from convscope.core.runner.succession import run_supervisor  # noqa: PLC0415  no business of workers

    return run_supervisor(
        options.state,
        options.device,
        code,
        foreground=options.foreground,
        after=options.after,
        replace=options.replace,
    )


if __name__ == "__main__":
    sys.exit(main())
