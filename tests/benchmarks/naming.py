"""Can a person name what a channel looks for? ``python -m tests.benchmarks.naming make FOLDER``.

The test is blind. ``make`` draws channels at random and makes each one's picture by each preset. A
namer sees each channel once, made by a preset that the sheet does not tell, and writes what the
picture shows into ``names-N.json`` (``{"1": "dogs' eyes", …}``); there are as many namers as
presets, so that each picture is named once. ``ask`` puts the names of each channel into random
order, with one that belongs to another channel, beside the nine photographs that excite the channel
most. A judge, who does not see the pictures, writes which names fit into ``verdicts.json``
(``{"1": [true, false, …], …}``). ``count`` tells how many of each preset's names were right.
"""

import argparse
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor

from convscope.core.ascent.recipes import PRESETS
from convscope.core.networks.probe import Probe
from convscope.core.tasks.visualize import Visualize
from tests.benchmarks.looks import Bench, at_128
from tests.benchmarks.observer import photographs
from tests.samples import VGG16

DRAWN = {"conv5_1": 40, "conv4_1": 20}
"""How many channels of which layers are named."""
ANOTHERS = "another channel's"
"""In place of a preset: a name that another channel was given, to tell how many fit by chance."""
COLUMNS, ROWS, CELL = 5, 4, 260
SEEN, SHOWN = 224, 128
"""Sides in pixels of what the network sees of a photograph, and of the part that is shown."""

Pictured = tuple[str, int]
"""A layer and a channel."""


def channels_of(layer: str) -> list[int]:
    """Return the channels that are drawn of a layer, always the same."""
    return sorted(
        random.Random(f"naming {layer}").sample(range(VGG16.layer(layer).channels), DRAWN[layer])
    )


def drawn() -> list[Pictured]:
    """Return all that is named."""
    return [(layer, channel) for layer in DRAWN for channel in channels_of(layer)]


def make(folder: Path, photos: Path, presets: Sequence[str]) -> None:
    """Make the pictures (those that are there stay), the sheets of photographs and of pictures."""
    bench = Bench("auto", "auto")
    for layer in DRAWN:
        sheets = [_photographs(folder, (layer, channel)) for channel in channels_of(layer)]
        if not all(path.exists() for path in sheets):
            for path, sheet in zip(
                sheets, strongest(bench.probe(layer), layer, photos), strict=True
            ):
                sheet.save(path)
        for preset in presets:
            for channel in channels_of(layer):
                path = _picture(folder, (layer, channel), preset)
                if not path.exists():
                    pixels, _ = bench.pictures(layer, [channel], at_128(PRESETS[preset]))
                    Image.fromarray(pixels[0].permute(1, 2, 0).numpy()).save(path)
    key = [namer(folder, number, presets) for number in range(len(presets))]
    (folder / "key.json").write_text(json.dumps(key))


def strongest(probe: Probe, layer: str, photos: Path) -> Iterator[Image.Image]:
    """Yield for each channel a sheet of the photographs that excite it most, where they do.

    Args:
        probe: the network, cut at the layer.
        layer: its name.
        photos: a folder.
    """
    channels, stride = channels_of(layer), VGG16.layer(layer).stride
    readout = probe.readout(channels)
    seen = [_square(path) for path in photographs(photos)]
    values, places = [], []
    for pixels in seen:
        with torch.no_grad():
            below = probe.forward(pixels[None].to(probe.device).float() / 255, readout[:1]).below
            maps = F.conv2d(below, readout.kernels, padding=1)[0].float()
        peaks = maps.flatten(1).max(1)
        values.append(peaks.values.cpu())
        places.append(peaks.indices.cpu())
    for row in range(len(channels)):
        best = torch.stack(values)[:, row].topk(9).indices.tolist()
        parts = [_part(seen[photo], int(places[photo][row]), stride) for photo in best]
        yield _sheet(parts, 3, SHOWN + 4, numbered=False)


def namer(folder: Path, number: int, presets: Sequence[str]) -> list[tuple[str, int, str]]:
    """Draw a namer's sheets; returns what each picture is, from number 1 on."""
    shown = [
        (layer, channel, presets[(position + number) % len(presets)])
        for position, (layer, channel) in enumerate(drawn())
    ]
    random.Random(number).shuffle(shown)
    pictures = [Image.open(_picture(folder, (layer, ch), preset)) for layer, ch, preset in shown]
    large = [picture.resize((CELL - 4,) * 2, Image.Resampling.LANCZOS) for picture in pictures]
    for first in range(0, len(large), COLUMNS * ROWS):
        sheet = _sheet(large[first : first + COLUMNS * ROWS], COLUMNS, CELL, first=first + 1)
        sheet.save(folder / f"namer-{number}-page-{first // (COLUMNS * ROWS) + 1}.png")
    return shown


Question = tuple[Pictured, list[tuple[str, str]]]
"""A channel, and what it was called: by which preset's picture, and how."""


def questions_of(folder: Path) -> list[Question]:
    """Return each channel's names, in random order, with another channel's among them."""
    given: dict[Pictured, list[tuple[str, str]]] = defaultdict(list)
    for number, shown in enumerate(json.loads((folder / "key.json").read_text())):
        names = json.loads((folder / f"names-{number}.json").read_text())
        for position, (layer, channel, preset) in enumerate(shown, start=1):
            given[layer, channel].append((preset, names[str(position)]))
    everyone = drawn()
    for position, one in enumerate(everyone):
        # One half of the layer's channels further on is another one, and never the same twice.
        alike = [other for other in everyone if other[0] == one[0]]
        other = alike[(alike.index(one) + len(alike) // 2) % len(alike)]
        named = [name for preset, name in given[other] if preset in PRESETS]
        given[one].append((ANOTHERS, named[position % len(named)]))
    random.Random(0).shuffle(everyone)
    return [(one, random.Random(repr(one)).sample(given[one], len(given[one]))) for one in everyone]


def ask(folder: Path) -> None:
    """Write down what the judge is asked: names, without what they are of, beside photographs."""
    asked = {
        number: {
            "photographs": _photographs(folder, pictured).name,
            "names": [name for _, name in names],
        }
        for number, (pictured, names) in enumerate(questions_of(folder), start=1)
    }
    (folder / "questions.json").write_text(json.dumps(asked, indent=1))


def count(folder: Path) -> None:
    """Print how many of each preset's names were judged right, of each layer."""
    verdicts = json.loads((folder / "verdicts.json").read_text())
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for number, ((layer, _), names) in enumerate(questions_of(folder), start=1):
        for (preset, _), verdict in zip(names, verdicts[str(number)], strict=True):
            right[preset, layer].append(verdict)
            right[preset, "all"].append(verdict)
    for (preset, layer), answers in sorted(right.items()):
        share = sum(answers) / len(answers)
        error = math.sqrt(share * (1 - share) / len(answers))
        print(
            f"{preset:18} {layer:8} {sum(answers):3} of {len(answers):3}  {share:.2f} ± {error:.2f}"
        )


def _picture(folder: Path, pictured: Pictured, preset: str) -> Path:
    layer, channel = pictured
    task = Visualize(model="vgg16", layer=layer, channel=channel, recipe=at_128(PRESETS[preset]))
    return folder / f"{layer}-{channel}-{preset}-{task.digest}.png"


def _photographs(folder: Path, pictured: Pictured) -> Path:
    layer, channel = pictured
    return folder / f"photos-{layer}-{channel}.png"


def _square(path: Path) -> Tensor:
    with Image.open(path) as opened:
        photo = ImageOps.exif_transpose(opened).convert("RGB")
    fitted = ImageOps.fit(photo, (SEEN, SEEN), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(fitted)).permute(2, 0, 1)


def _part(pixels: Tensor, place: int, stride: int) -> Image.Image:
    """Cut out of a photograph what is around a place of its map."""
    middle = [int((cell + 0.5) * stride) for cell in divmod(place, SEEN // stride)]
    top, left = (min(max(0, at - SHOWN // 2), SEEN - SHOWN) for at in middle)
    part = pixels[:, top : top + SHOWN, left : left + SHOWN]
    return Image.fromarray(part.permute(1, 2, 0).numpy())


def _sheet(
    parts: Sequence[Image.Image], columns: int, cell: int, *, numbered: bool = True, first: int = 1
) -> Image.Image:
    """Put pictures into a grid on black, a number above each."""
    head = 18 if numbered else 0
    rows = math.ceil(len(parts) / columns)
    sheet = Image.new("RGB", (columns * cell, rows * (cell + head)))
    for position, part in enumerate(parts):
        row, column = divmod(position, columns)
        sheet.paste(part, (column * cell, row * (cell + head) + head))
        if numbered:
            at = (column * cell + 4, row * (cell + head) + 3)
            ImageDraw.Draw(sheet).text(at, str(first + position), fill="white")
    return sheet


def main() -> None:
    """Do the step that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["make", "ask", "count"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="for make")
    parser.add_argument("--presets", default="crisp,vivid,lucid,classic", help="for make")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    match options.step:
        case "make" if options.photos:
            make(options.folder, options.photos, options.presets.split(","))
        case "make":
            parser.error("make needs --photos FOLDER")
        case "ask":
            ask(options.folder)
        case "count":
            count(options.folder)


if __name__ == "__main__":
    main()
