"""The picture of a page in ``assets``: one channel of a whole layer, looked at closely.

Exemplars are those of ``tests/photos``, which may be shown to anybody.
"""

import io
import os
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from PIL import Image

from convscope.core.runner.rendering import Renderer
from tests.conftest import COMMAND, ROOT
from tests.exemplars.photographs import PHOTOS, built_at_once
from tests.page.browsing import chromium, visit

PORTRAIT = "atlas.webp"
LAYER = "conv5_3"
CHANNEL = 286
SIZE = {"width": 1280, "height": 800}


def portray_page(folder: Path) -> None:
    """Save the picture in a folder; it is finer where the gallery in use has drafts of the layer.

    Raises:
        CalledProcessError: the page could not be made.
    """
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with closing(built_at_once(place / "state", PHOTOS, Renderer("cpu"), [LAYER])):
            pass
        file = place / "atlas.html"
        subprocess.run(
            [*COMMAND, "atlas", LAYER, "--photo", str(PHOTOS / "cat.jpg"), "--out", str(file)],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "CONVSCOPE_STATE": str(place / "state"),
                "CONVSCOPE_CONFIG": os.devnull,
            },
            check=True,
        )
        with (
            chromium() as browser,
            visit(browser, file, viewport=SIZE, color_scheme="dark") as page,
        ):
            page.goto(f"{file.as_uri()}#{LAYER}:{CHANNEL}")
            page.wait_for_function("[...document.images].every((image) => image.complete)")
            shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(folder / PORTRAIT, quality=82, method=6)
