"""The console script: starts the command line, and is the one place where errors become words.

Whatever happens, a user meets one sentence on standard error and an exit code: 0 done, 1 something
failed, 2 wrong usage or input, 130 interrupted, 143 terminated.
"""

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT
COMPLETE = "_CONVSCOPE_COMPLETE"
"""Set by a shell that completes a command line: it calls convscope without any argument."""

GARBAGE_THRESHOLD = 50_000
"""New objects between two collections. At the usual 700 looking for garbage, of which there is none
yet, is a tenth of a short command."""


def main() -> None:
    """Run ``convscope`` with the process's arguments, and exit."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        _end_cleanly_on(signal.SIGTERM, signal.SIGHUP)
        code = _run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001  the one place that may: no traceback leaves it
        _explain_and_exit(error)
    sys.exit(code or 0)


def _run() -> int | None:
    """Run what was asked for; imports are in here, so that Ctrl-C during them is caught as well.

    Returns:
        The exit code; ``None`` is success.
    """
    if COMPLETE in os.environ:
        return _complete(os.environ[COMPLETE])
    if len(sys.argv) == 1:  # nothing to parse: a command line's parser would only delay the screen
        from tui.commands.explore import explore  # noqa: PLC0415

        return explore()
    from tui.commands.cli import cli  # noqa: PLC0415

    code: int | None = cli.main(prog_name="convscope", standalone_mode=False)
    return code


def _complete(instruction: str) -> int:
    """Answer a shell; whatever goes wrong, no words of ours may come between those being typed."""
    try:
        from tui.commands.cli import cli  # noqa: PLC0415
        from tui.commands.completion.shells import answer_shell  # noqa: PLC0415

        return answer_shell(cli, instruction)
    except Exception:  # noqa: BLE001
        return 1


def _explain_and_exit(error: Exception) -> NoReturn:
    try:
        from tui.commands.errors import explain  # noqa: PLC0415  only now needed

        sentence, code = explain(error)
        if sentence:
            print(f"convscope: {sentence}", file=sys.stderr)
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _end_cleanly_on(*signals: signal.Signals) -> None:
    """Make signals unwind the stack, so that temporary files go and generators close.

    A signal that is ignored already (``nohup``) stays so.
    """
    for number in signals:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _unwind)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second one must not break off the cleaning up
    raise SystemExit(128 + number)
