"""Pictures on disk: whole or not there, with a record that comes back as it was."""

import struct
import warnings
import zlib
from pathlib import Path

import msgspec
import pytest
from PIL import Image, PngImagePlugin

from convscope.core.ascent.recipes import PRESETS
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.index import GalleryIndex
from convscope.core.gallery.paths import asked_for, picture_path
from convscope.core.gallery.pictures import CHUNK, read_picture, read_record
from convscope.core.gallery.records import FORMAT, encode, is_of
from convscope.core.system.errors import UserError
from convscope.core.system.files import replace_file
from tests.samples import job, record_of, save

SPEC = job("conv5_1:25", seed=3)


def write_png(path: Path, text: str) -> Path:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, text)
    Image.new("RGB", (4, 4)).save(path, pnginfo=chunks)
    return path


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    path = save(tmp_path, SPEC)
    assert read_record(path) == record_of(SPEC)
    image, record = read_picture(path)
    assert (image.mode, image.size, record) == ("RGB", (128, 128), record_of(SPEC))


def test_a_record_makes_the_same_picture_again(tmp_path: Path) -> None:
    again = read_record(save(tmp_path, SPEC)).task()
    assert (again.target, again.recipe, again.seed) == (SPEC.target, SPEC.recipe, SPEC.seed)
    assert again.precision == "float32"  # what it ran in, not "auto"


def test_the_path_tells_what_is_in_the_picture(tmp_path: Path) -> None:
    path = picture_path(tmp_path, SPEC).relative_to(tmp_path)
    assert str(path) == (f"vgg16-embedded/conv5_1/conv5_1-0025-crisp-128px-s3-{SPEC.digest}.png")


VIVID = msgspec.structs.replace(SPEC, recipe=PRESETS["vivid"])
FORMER = msgspec.structs.replace(
    SPEC, recipe=msgspec.structs.replace(PRESETS["vivid"], preset="crisp")
)


def test_what_crisp_made_is_found_as_vivid_and_stays_where_it_is(tmp_path: Path) -> None:
    fresh = picture_path(tmp_path, VIVID)
    assert fresh.name == f"conv5_1-0025-vivid-128px-s3-{VIVID.digest}.png"
    earlier = save(tmp_path, FORMER)
    assert earlier.name == f"conv5_1-0025-crisp-128px-s3-{VIVID.digest}.png"
    assert picture_path(tmp_path, VIVID) == earlier
    assert GalleryIndex(tmp_path).find(VIVID) == earlier
    record = read_record(earlier)
    assert asked_for(record, tmp_path / "moved" / earlier.name) == FORMER
    for told in (record, record_of(VIVID)):
        assert is_of(told, VIVID)
        assert is_of(told, FORMER)
        assert not is_of(told, SPEC)


def test_no_name_of_weights_leads_out_of_the_gallery(tmp_path: Path) -> None:
    hostile = Weights("/x/../../\x1b[2J/..\u202e.pth", "ab" * 32)
    path = picture_path(tmp_path, msgspec.structs.replace(SPEC, weights=hostile))
    assert path.resolve().is_relative_to(tmp_path)
    assert str(path.relative_to(tmp_path)).isascii()
    assert str(path.relative_to(tmp_path)).isprintable()


def test_a_broken_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def broken(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(path, broken)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_shelf_finds_what_came_after_it_first_looked(tmp_path: Path) -> None:
    shelf = GalleryIndex(tmp_path)
    assert shelf.find(SPEC) is None
    path = save(tmp_path, SPEC)
    assert shelf.refresh()
    assert shelf.find(SPEC) == path
    assert shelf.find(job("conv5_1:26", seed=3)) is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no file .*nothing\.png"):
        read_record(tmp_path / "nothing.png")


def test_a_text_file_is_no_png(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("just words")
    with pytest.raises(UserError, match="not a readable PNG"):
        read_record(path)


def test_no_size_is_hidden_from_the_one_who_opens_it(tmp_path: Path) -> None:
    """Pillow takes the size from where it finds it, and warns of some on the terminal."""
    path = tmp_path / "picture.png"
    Image.new("1", (10_000, 9_000)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:8] + chunk(b"prVt", bytes(8)) + whole[8:])
    with (
        warnings.catch_warnings(action="error"),
        pytest.raises(UserError, match="not a readable PNG"),
    ):
        read_record(path)


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def test_a_png_of_somebody_else_has_no_record(tmp_path: Path) -> None:
    path = tmp_path / "other.png"
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(UserError, match="carries no convscope record"):
        read_record(path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{not json", '{"format": "x"}'])
def test_a_damaged_record_is_called_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="record"):
        read_record(write_png(tmp_path / "damaged.png", text))


def test_a_record_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    newer = msgspec.structs.replace(record_of(SPEC), format=FORMAT + 1)
    with pytest.raises(UserError, match="newer convscope"):
        read_record(write_png(tmp_path / "newer.png", encode(newer)))


def test_a_record_of_another_kind_of_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"newer convscope \(record of count\); update"):
        read_record(write_png(tmp_path / "other.png", '{"task":"count","up_to":3}'))


def test_the_record_of_a_picture_is_written_without_the_name_of_its_kind() -> None:
    assert encode(record_of(SPEC)).startswith('{"format":1,"model":"vgg16",')


def test_a_record_from_elsewhere_cannot_drive_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        read_record(write_png(tmp_path / "x\x1b[2J.png", '{"\x1b[31m": 1}'))
    assert "\x1b" not in str(raised.value)


def test_damaged_pixels_are_called_so(tmp_path: Path) -> None:
    path = save(tmp_path, SPEC)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 40])
    with pytest.raises(UserError, match="damaged"):
        read_picture(path)
