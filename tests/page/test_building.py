"""A page as a file: what is in it, what is not, and how large it is."""

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from PIL import Image

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.weights import Weights
from convscope.core.exemplars.facts import indexed_layer
from convscope.core.exemplars.folders import index_folder
from convscope.core.exemplars.index import ExemplarIndex, make_index
from convscope.core.exemplars.reader import ExemplarReader
from convscope.core.exemplars.scan import scan_folder
from convscope.core.gallery.annotations import Annotation
from convscope.core.gallery.best_pictures import pictures_of_layer
from convscope.core.gallery.page.building import build_page
from convscope.core.gallery.page.contents import LayerContents, PageContents, layer_exemplars
from convscope.core.gallery.page.data import PageData
from convscope.core.gallery.paths import picture_path
from tests.exemplars.folders import facts, result_of
from tests.page.browsing import visit
from tests.page.contents import VGG16, draw, maps_of, two_layers
from tests.samples import job, record_of, write_picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROMISED = 10_000_000
"""Bytes that a page of 512 channels stays below."""
SCRIPT = "</script><script>window.broken = true</script>"
HOSTILE = (
    SCRIPT,
    "<img src=x onerror='window.broken = true'>",
    "\"' onload=window.broken=1 x='",
    "<!--<script>",
    "&lt;b&gt;",
    "\u202egnp.cat",
    "line\nbreak\u2028\x1b[31m\x07",
    "${window.broken = 1}$data",
    "]]>",
    "\udcff.jpg",  # bytes that are no text, as files may be called; records hold none
)


def read_back(page: bytes) -> PageData:
    """What the script of a page reads."""
    found = re.search(rb'id="page-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return msgspec.json.decode(found[1], type=PageData)


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    contents = two_layers(tmp_path / "gallery", tmp_path / "state")
    assert build_page(contents).html == build_page(contents).html


def test_all_is_told_of_a_channel(tmp_path: Path) -> None:
    built = build_page(two_layers(tmp_path / "gallery", tmp_path / "state"))
    assert read_back(built.html) == built.data
    deep, first = built.data.layers
    seven = deep.channels[7]
    assert (seven.number, seven.activation, seven.verdict, seven.size) == (7, 200, "excited", 64)
    lines = dict(built.data.lines[at] for at in seven.record)
    assert (lines["target"], lines["preset"], lines["seed"]) == ("vgg16/conv5_3:7", "draft", "0")
    assert (len(seven.maps), len(seven.exemplars)) == (1, 4)
    assert seven.maps[0].peak == 9
    values = [each.value for each in seven.exemplars]
    assert values == sorted(values, reverse=True)
    assert (deep.channels[9].verdict, deep.channels[9].record) == ("", ())
    assert not first.photos
    assert not first.channels[0].exemplars


def test_no_folder_is_told(tmp_path: Path) -> None:
    gallery, weights = tmp_path / "gallery", Weights(f"{tmp_path}/ada/net.pth", "cd" * 32)
    task = msgspec.structs.replace(job("conv5_3:1", recipe=DRAFT), weights=weights)
    write_picture(picture_path(gallery, task), Image.new("RGB", (64, 64)), record_of(task))
    contents = two_layers(gallery, tmp_path / "state")
    subject = Subject(weights=weights)
    theirs = LayerContents(
        VGG16.layer("conv5_3"),
        [1],
        pictures=pictures_of_layer(gallery, subject, VGG16.layer("conv5_3")),
    )
    for page in (contents, PageContents(subject, [theirs])):
        built = build_page(page)
        assert built.data.layers[0].channels[-1 if page is not contents else 1].verdict
        assert bytes(tmp_path) not in built.html
    assert "net.pth cdcdcdcd" in dict(built.data.lines)["weights"]


def test_where_there_is_no_other_picture_the_atlas_has_one(tmp_path: Path) -> None:
    draw(tmp_path, "conv5_3:1", 4)
    layer, subject = VGG16.layer("conv5_3"), Subject()
    pictures = pictures_of_layer(tmp_path, subject, layer)
    built = build_page(PageContents(subject, [LayerContents(layer, [1, 2], pictures=pictures)]))
    own, theirs = built.data.layers[0].channels
    assert (own.activation, own.is_from_atlas) == (4, False)
    assert (theirs.is_from_atlas, theirs.verdict, theirs.size) == (True, "excited", 64)
    assert built.html.count("□".encode()) == 2, "the sign of the picture, and its meaning"
    assert b"excited, from the atlas" in built.html
    assert theirs.command.startswith("convscope render conv5_3:2 --preset draft --precision ")


def test_photos_that_are_gone_are_left_out(tmp_path: Path) -> None:
    contents = two_layers(tmp_path / "gallery", tmp_path / "state")
    (tmp_path / "state/photos/goat.png").unlink()
    data = build_page(contents).data
    assert 0 < len(data.crops) < len(contents.exemplars)
    assert "goat.png" not in data.names
    assert any(len(each.exemplars) == 3 for each in data.layers[0].channels)


@pytest.mark.long
def test_foreign_words_stay_words(tmp_path: Path, browser: "Browser") -> None:
    """Names of layers, classes, photos and files, and the texts of a record."""
    draw(tmp_path, "conv5_3:0", 5)
    path = draw(tmp_path, "conv5_3:1", 4)
    record = record_of(job("conv5_3:1", recipe=DRAFT))
    told = msgspec.structs.replace(
        record, device=SCRIPT, versions={each: each for each in HOSTILE[:-1]}
    )
    write_picture(path, Image.new("RGB", (64, 64)), told)
    subject = Subject()
    layers = itertools.cycle([f"{SCRIPT}\"'&", "data", "filter", "main"])
    for hostile, name in zip(HOSTILE, layers, strict=False):
        layer = msgspec.structs.replace(VGG16.layer("conv5_3"), name=name)
        contents = LayerContents(
            layer,
            [0, 1],
            names=[hostile] * 512,
            pictures=pictures_of_layer(tmp_path, subject, VGG16.layer("conv5_3")),
            maps=[maps_of("conv5_3", name=hostile)],
            noted={channel: Annotation(True, (hostile,), hostile) for channel in (0, 1)},
        )
        file = tmp_path / "page.html"
        file.write_bytes(build_page(PageContents(subject, [contents])).html)
        with visit(browser, file) as page:
            page.locator(".card a").last.click()
            page.locator("#page-zoom-title").wait_for()
            assert not page.evaluate("window.broken")
            shown = page.locator("#page-zoom-title").inner_text()
            assert shown.startswith(f"{name}:1")
            assert page.locator("script").count() == 2
            assert page.locator("img:not([src^='data:'])").count() == 0


def noisy(rng: np.random.Generator, side: int, detail: int) -> Image.Image:
    """A picture that hardly compresses: more so than any that was made, or than photos."""
    small = rng.integers(0, 256, (detail, detail, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)


def index_of_noise(state: Path, photos: int, rng: np.random.Generator) -> ExemplarIndex:
    """An index of so many photos, each of which excites some channels most."""
    folder = state / "photos"
    folder.mkdir(parents=True)
    for number in range(photos):
        noisy(rng, 256, 64).save(folder / f"photo {number}.png")
    layer = indexed_layer(VGG16.layer("conv5_3"), VGG16.input_size)
    index = make_index(index_folder(state, "noise"), facts(folder, [layer]))
    index.update(scan_folder(folder))
    index.save(result_of(index), lambda: True)
    return index


@pytest.mark.long
def test_a_whole_layer_stays_below_what_is_promised(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for channel in range(512):
        task = job(f"conv5_3:{channel}")
        path = picture_path(tmp_path / "gallery", task)
        write_picture(path, noisy(rng, 128, 64), record_of(task))
    reader = ExemplarReader(index_of_noise(tmp_path / "state", 600, rng))
    contents = LayerContents(
        VGG16.layer("conv5_3"),
        range(512),
        pictures=pictures_of_layer(tmp_path / "gallery", Subject(), VGG16.layer("conv5_3")),
        maps=[maps_of("conv5_3"), maps_of("conv5_3", "again.jpg")],
        exemplars=layer_exemplars(reader, "conv5_3", range(512), 9),
    )
    page = PageContents(Subject(), [contents])
    assert len(page.exemplars) > 4000, "crops are hardly shared"
    assert len(build_page(page).html) < PROMISED
