"""Animations as files: WebP, GIF and APNG, each with its record.

Pillow encodes the frames, one by one; they are put together here. Pillow itself would leave out a
frame that equals the one before it (in a WebP also one that nearly does), so that a file would not
have the frames that were asked for, and it cannot keep the last frame of a lossy WebP whole.

WebP: https://developers.google.com/speed/webp/docs/riff_container.
APNG: https://www.w3.org/TR/png-3/#apng-frame-based-animation.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PIL import GifImagePlugin, Image, PngImagePlugin

from convscope.core.gallery.carriers import CHUNK, IMAGE_DESCRIPTION, PNG_SIGNATURE, as_comment
from convscope.core.gallery.records import AnimationRecord, encode
from convscope.core.tasks.animation import Container

FIRST_MS, LAST_MS = 400, 2000
"""How long the first and the last frame are shown, in milliseconds."""
GROWTH_MS = 2600
"""How long those between them take, as far as each is shown for one of these times."""
SHORTEST_MS, LONGEST_MS = 30, 200
QUALITY = 85
"""Of a WebP's frames before the last one, which is kept whole."""


class Frame(NamedTuple):
    """One frame to be encoded."""

    image: Image.Image
    """RGB; all of one size."""
    number: int
    """From 0."""
    milliseconds: int
    is_last: bool


class AnimationEncoder:
    """Encodes an animation that runs for ever.

    Args:
        record: of how many frames, in what kind of file; it is carried besides.
    """

    def __init__(self, record: AnimationRecord) -> None:
        self._record, self._kind = record, _KINDS[record.container]
        self._durations = durations(record.frames)
        self._frames: list[bytes] = []
        self._size = (0, 0)

    def add(self, image: Image.Image) -> None:
        """Encode the next frame, an RGB image; all have one size."""
        number, self._size = len(self._frames), image.size
        frame = Frame(image, number, self._durations[number], number + 1 == self._record.frames)
        self._frames.append(self._kind.frame(frame))

    def file(self) -> bytes:
        """Return the whole file, once all frames were added."""
        return self._kind.file(self._frames, self._size, encode(self._record))


def durations(count: int) -> list[int]:
    """Return how long each of so many frames is shown, in milliseconds, all in tens as GIFs are."""
    each = min(LONGEST_MS, max(SHORTEST_MS, 10 * round(GROWTH_MS / count / 10)))
    return [FIRST_MS, *[each] * (count - 2), LAST_MS]


@dataclass(frozen=True)
class _Kind:
    """A kind of file."""

    frame: Callable[[Frame], bytes]
    file: Callable[[Sequence[bytes], tuple[int, int], str], bytes]
    """Puts a file together from frames, width and height, and a record."""


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


# ---- WebP ------------------------------------------------------------------------------------


def _webp_frame(frame: Frame) -> bytes:
    image = frame.image
    # A file of one image is a head of 12 bytes and one chunk, which a frame holds as it is.
    still = _saved(image, "WEBP", lossless=frame.is_last, quality=QUALITY, method=4)[12:]
    corner, duration = bytes(6), frame.milliseconds.to_bytes(3, "little")
    replaces = b"\2"  # it is not blended with the one before
    return _riff(b"ANMF", corner + _webp_size(image.size) + duration + replaces + still)


def _webp(frames: Sequence[bytes], size: tuple[int, int], record: str) -> bytes:
    exif = Image.Exif()
    exif[IMAGE_DESCRIPTION] = as_comment(record)
    flags = struct.pack("<I", 0b1010)  # it is animated, and has EXIF
    chunks = [
        _riff(b"VP8X", flags + _webp_size(size)),
        _riff(b"ANIM", struct.pack("<IH", 0, 0)),  # on no ground, for ever
        *frames,
        _riff(b"EXIF", exif.tobytes().removeprefix(b"Exif\0\0")),
    ]
    return _riff(b"RIFF", b"WEBP" + b"".join(chunks))


def _webp_size(size: tuple[int, int]) -> bytes:
    return b"".join((side - 1).to_bytes(3, "little") for side in size)


def _riff(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


# ---- GIF -------------------------------------------------------------------------------------


def _gif_frame(frame: Frame) -> bytes:
    """Encode a frame with 256 colours of its own.

    They are an octree's, since a median cut leaves out the colours of small things: pupils,
    berries. It is dithered, or what is smooth would have bands.
    """
    palette = frame.image.quantize(256, Image.Quantize.FASTOCTREE)
    image = frame.image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    data = GifImagePlugin.getdata(image, duration=frame.milliseconds, include_color_table=True)
    return b"".join(data)


def _gif(frames: Sequence[bytes], size: tuple[int, int], record: str) -> bytes:
    told = {"loop": 0, "comment": as_comment(record)}
    head, _ = GifImagePlugin.getheader(Image.new("P", size), info=told)
    return b"".join([*head, *frames, b";"])


# ---- APNG ------------------------------------------------------------------------------------


def _apng_frame(frame: Frame) -> bytes:
    chunks = _png_chunks(_saved(frame.image, "PNG"))
    pixels = b"".join(content for name, content in chunks if name == b"IDAT")
    place = struct.pack(">4I", *frame.image.size, 0, 0)
    shown = struct.pack(">2H2B", frame.milliseconds, 1000, 0, 0)
    sequence = max(0, 2 * frame.number - 1)  # the pixels of the first frame have no number
    control = _png_chunk(b"fcTL", struct.pack(">I", sequence) + place + shown)
    if frame.number:
        return control + _png_chunk(b"fdAT", struct.pack(">I", sequence + 1) + pixels)
    return control + _png_chunk(b"IDAT", pixels)


def _apng(frames: Sequence[bytes], size: tuple[int, int], record: str) -> bytes:
    told = PngImagePlugin.PngInfo()
    told.add_itxt(CHUNK, record)
    still = _png_chunks(_saved(Image.new("RGB", size), "PNG", pnginfo=told))
    head = [_png_chunk(*chunk) for chunk in still if chunk[0] not in (b"IDAT", b"IEND")]
    control = _png_chunk(b"acTL", struct.pack(">2I", len(frames), 0))  # for ever
    return b"".join([PNG_SIGNATURE, *head, control, *frames, _png_chunk(b"IEND", b"")])


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_SIGNATURE)
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length


def _png_chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


_KINDS: Mapping[Container, _Kind] = {
    "webp": _Kind(_webp_frame, _webp),
    "gif": _Kind(_gif_frame, _gif),
    "png": _Kind(_apng_frame, _apng),
}
