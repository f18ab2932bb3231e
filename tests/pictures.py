"""The pictures in ``assets``: ``python -m tests.pictures [NAME ...]``, such as ``explorer.png``.

Without a name, all of them. Contact sheets are made by ``convscope sheet``, and screens by
:mod:`tests.explorer.portraits`, which paints them itself, so that nothing but a monospaced font is
needed. The page's is what Chromium shows, of drafts of conv5_3 if they are in the gallery in use
(``CONVSCOPE_GALLERY``). Takes some minutes. The sheet of ``classic`` is left as it is, since that
recipe never changes.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.conftest import COMMAND, ROOT
from tests.explorer.portraits import PORTRAITS, portray
from tests.page.portrait import PORTRAIT, portray_page

ASSETS = ROOT / "assets"
SHEETS = {
    "conv5_1-crisp.png": "conv5_1:25-34 --grid 2x5 --seed 100",
    "conv5_1-best.png": "conv5_1:21,26,27,52,54,84,98,166,308,433 --grid 2x5",
    "conv5_1-coffee.png": "conv5_1:26,27,84,166,308 --grid 1x5 "
    "--start-image tests/photos/coffee.jpg --resolution 160",
}
"""What ``convscope sheet`` is given."""


def make_sheet(arguments: str, path: Path) -> None:
    """Save a contact sheet that ``convscope sheet`` makes.

    Raises:
        CalledProcessError: it did not.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [*COMMAND, "sheet", *arguments.split(), "--device", "cpu", "--gallery", folder]
        own = {
            "PYTHONPATH": str(ROOT),
            "CONVSCOPE_STATE": str(Path(folder, "state")),
            "CONVSCOPE_CONFIG": os.devnull,
        }
        ended = subprocess.run(
            command,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        shutil.copyfile(ended.stdout.strip(), path)


def main() -> None:
    """Make the pictures that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    choices = sorted({*SHEETS, *PORTRAITS, PORTRAIT})
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(choices)}")
    names = set(parser.parse_args().names or choices)
    if unknown := names.difference(choices):
        parser.error(f"there is no {', '.join(sorted(unknown))}, only {', '.join(choices)}")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for name in sorted(names & SHEETS.keys()):
        make_sheet(SHEETS[name], ASSETS / name)
    if PORTRAIT in names:
        portray_page(ASSETS)
    if portraits := names & PORTRAITS:
        portray(ASSETS, portraits)


if __name__ == "__main__":
    main()
