"""The console script: starts the command line, and is the one place where errors become words.

Whatever happens, the user gets one sentence on standard error and an exit code: 0 done, 1 something
failed, 2 wrong usage or input, 130 interrupted, 141 the reader of the output went away, 143
terminated.
"""

import contextlib
import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from convscope.tui.commands.streams import prepare_streams, settle

FAILED = 1
INTERRUPTED = 128 + signal.SIGINT
OUTPUT_CLOSED = 128 + signal.SIGPIPE
"""The code that a shell reports for programs killed by that signal, as before ``| head -1``. Nobody
reads the rest of the output, so the work ends within a step, and what is saved stays."""
COMPLETE = "_CONVSCOPE_COMPLETE"
"""Set by a shell that completes a command line: it calls convscope without any argument."""

GARBAGE_THRESHOLD = 50_000
"""New objects between two collections. With the usual 700, a short command spends a tenth of its
time looking for garbage, of which there is none yet."""


def main() -> None:
    """Run ``convscope`` with the process's arguments, and exit."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    code: object
    try:
        prepare_streams()
        _end_cleanly_on(signal.SIGTERM, signal.SIGHUP)
        code = _run() or 0
        if error := settle(sys.stdout):
            code = _explain(error)
    except SystemExit as ended:
        code = ended.code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:  # noqa: BLE001  the one place that may: no traceback leaves it
        code = _explain(error)
    # From here on Ctrl-C just ends the process: a traceback would be of no use.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        settle(stream)
    sys.exit(code)


def _run() -> int | None:
    """Run what was asked for; imports are in here, so that Ctrl-C during them is caught as well.

    Returns:
        The exit code; ``None`` is success.
    """
    if COMPLETE in os.environ:
        return _complete(os.environ[COMPLETE])
    if len(sys.argv) == 1:  # nothing to parse, and click would only delay the screen
        from convscope.tui.commands.explore import explore  # noqa: PLC0415

        return explore()
    from click.exceptions import Exit  # noqa: PLC0415

    from convscope.tui.commands.cli import cli  # noqa: PLC0415

    # Not cli.main, which ends with 1 where the output is closed: that says that a job failed.
    try:
        with cli.make_context("convscope", sys.argv[1:]) as context:
            code: int | None = cli.invoke(context)
            return code
    except Exit as ended:  # --help and --version
        return ended.exit_code


def _complete(instruction: str) -> int:
    """Answer a shell; whatever goes wrong, nothing may be printed into the line being typed."""
    try:
        from convscope.tui.commands.cli import cli  # noqa: PLC0415
        from convscope.tui.commands.completion import answer_shell  # noqa: PLC0415

        return answer_shell(cli, instruction)
    except Exception:  # noqa: BLE001
        return FAILED


def _explain(error: BaseException) -> int:
    """Say on standard error what happened, and return the exit code. Raises nothing."""
    if isinstance(error, BrokenPipeError):
        return OUTPUT_CLOSED
    sentence, code = f"Something went wrong that should not ({type(error).__name__}).", FAILED
    try:
        from convscope.tui.commands.errors import explain  # noqa: PLC0415  only now needed

        sentence, code = explain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException:  # noqa: BLE001  no memory or stack is left for more words
        pass
    if sentence:
        with contextlib.suppress(BaseException):  # there is nowhere else to say it
            print(f"convscope: {sentence}", file=sys.stderr)
    return code


def _end_cleanly_on(*signals: signal.Signals) -> None:
    """Make signals unwind the stack, so that temporary files go and generators close.

    A signal that is ignored already (``nohup``) stays so.
    """
    for number in signals:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _unwind)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second one must not interrupt the cleanup
    raise SystemExit(128 + number)
