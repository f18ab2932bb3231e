"""What an explorer wishes for reaches the worker, whatever its gallery is called."""

import os
from pathlib import Path

from convscope.core.runner.wishes import Wishes, wish_box
from tests.samples import job


def test_a_gallery_whose_path_is_no_text_is_wished_for(tmp_path: Path) -> None:
    gallery = Path(os.fsdecode(b"/tmp/no text \xff"))
    wish_box(tmp_path).send("test", Wishes(os.fsencode(gallery), peek=job("conv1_1:1")))
    (found,) = wish_box(tmp_path).read().values()
    assert found.folder == gallery
    assert found.peek == job("conv1_1:1")
