"""What an explorer wishes for reaches the worker, whatever its gallery is called."""

import os
from pathlib import Path

from convscope.core.runner.wishes import Wishes, WishReader, WishWriter
from tests.samples import job


def test_a_gallery_whose_path_is_no_text_is_wished_for(tmp_path: Path) -> None:
    gallery = Path(os.fsdecode(b"/tmp/no text \xff"))
    WishWriter(tmp_path, "test").write(Wishes(os.fsencode(gallery), peek=job("conv1_1:1")))
    (found,) = WishReader(tmp_path).all()
    assert found.folder == gallery
    assert found.peek == job("conv1_1:1")
