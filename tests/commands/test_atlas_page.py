"""``convscope atlas LAYER…``: a page of what there is, saved whole or not at all."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.weights import Weights
from convscope.core.gallery.page.data import PageData
from convscope.core.runner.mapping import look
from convscope.core.system.folders import state_folder
from convscope.core.system.photos import read_photo
from tests.conftest import COMMAND, ROOT, Ended
from tests.explorer.indexes import indexed
from tests.runner.test_feature_maps import maps_task
from tests.samples import VGG16, job, save
from tests.shared import maker
from tests.terminal import Terminal

Run = Callable[..., Ended]
CAT = ROOT / "tests/photos/cat.jpg"


def read_page(path: Path) -> PageData:
    """What the script of a page reads."""
    found = re.search(rb'id="page-data">(.*?)</script>', path.read_bytes(), re.DOTALL)
    assert found is not None
    return msgspec.json.decode(found[1], type=PageData)


def test_a_page_shows_what_the_gallery_has_and_for_the_rest_the_atlas(
    run_cli: Run, gallery: Path, tmp_path: Path
) -> None:
    for channel in (0, 1, 3):
        save(gallery, job(f"conv1_1:{channel}", recipe=DRAFT))
    save(gallery, job("conv1_1:3"))
    ended = run_cli("atlas", "conv1_1:0-3", "conv1_2:5", "--out", "a.html")
    assert (ended.code, ended.lines) == (0, ["a.html"])
    assert ended.err.splitlines()[0].startswith("convscope: 5 channels in ")
    assert ended.err.splitlines()[1:] == [
        "convscope: 2 pictures came from the atlas, in small; convscope queue add 'conv1_1:*' "
        "'conv1_2:*' renders them in full."
    ]
    first, second = read_page(tmp_path / "a.html").layers
    assert [each.preset for each in first.channels] == ["draft", "draft", "draft", "crisp"]
    assert [each.is_from_atlas for each in first.channels] == [False, False, True, False]
    assert [each.number for each in second.channels] == [5]


def test_a_page_tells_what_is_noted(run_cli: Run, gallery: Path, tmp_path: Path) -> None:
    save(gallery, job("conv1_1:3", recipe=DRAFT))
    run_cli("tag", "conv1_1:3", "conv1_2:3", "--add", "edges", "--favourite", "--note", "left")
    ended = run_cli("atlas", "conv1_1:0-3", "--out", "a.html", "--json")
    told = {"favourite": True, "tags": ["edges"], "note": "left"}
    assert json.loads(ended.out)["layers"][0]["noted"] == [{"channel": 3, **told}]
    (layer,) = read_page(tmp_path / "a.html").layers
    assert [(each.favourite, list(each.tags)) for each in layer.channels] == [
        *[(False, [])] * 3,
        (True, ["edges"]),
    ]


@pytest.mark.long
def test_a_page_has_the_numbers_of_the_network_and_of_the_index(
    run_here: Run, tmp_path: Path
) -> None:
    index = indexed(state_folder(), ["conv3_1"])
    index.close()
    ended = run_here("atlas", "conv3_1:", "--photo", str(CAT), "--out", "a.html", "--json")
    assert ended.code == 0
    assert "with maps of cat.jpg and crops of photos (index mine; " in ended.err
    document = json.loads(ended.out)
    assert document["bytes"] == (tmp_path / "a.html").stat().st_size
    assert (document["layers"][0]["from_atlas"], document["layers"][0]["missing"]) == (256, [])
    record, values = look(maker(), maps_task(), read_photo(CAT).image)
    data = read_page(tmp_path / "a.html")
    (layer,) = data.layers
    peaks = [each.maps[0].peak for each in layer.channels]
    assert np.allclose(peaks, values.max(axis=(1, 2)), rtol=1e-3, atol=0.01)
    assert layer.photos[0].brightest == pytest.approx(record.strong, rel=1e-3)
    shown = json.loads(run_here("exemplars", "show", "conv3_1:9", "--top", "9", "--json").out)
    expected = [each["value"] for each in shown["channels"][0]["exemplars"]]
    assert [each.value for each in layer.channels[9].exemplars] == pytest.approx(expected, abs=1e-3)


def test_photos_of_an_index_can_be_chosen_and_left_out(
    run_here: Run, gallery: Path, tmp_path: Path
) -> None:
    save(gallery, job("conv5_3:1"))
    with closing(indexed(state_folder())):
        pass
    page = ("atlas", "conv5_3:0-1", "--out", "a.html")
    run_here(*page, "--exemplars", "mine", "--top", "2")
    assert [len(each.exemplars) for each in read_page(tmp_path / "a.html").layers[0].channels] == [
        2,
        2,
    ]
    run_here(*page, "--no-exemplars")
    assert not read_page(tmp_path / "a.html").crops
    wrong = run_here("atlas", "conv5_2", "--out", "a.html", "--exemplars", "mine")
    assert (wrong.code, "has no layer conv5_2" in wrong.err) == (2, True)
    other = run_here("atlas", "resnet18/layer4.1", "--out", "a.html", "--exemplars", "mine")
    assert (other.code, "is of vgg16 · embedded weights, not of" in other.err) == (2, True)


def test_classes_have_their_names_and_no_maps(run_here: Run, gallery: Path, tmp_path: Path) -> None:
    task = msgspec.structs.replace(job("resnet18/fc:207"), weights=Weights("IMAGENET1K_V1"))
    save(gallery, task)
    page = ("atlas", "resnet18/fc:207,0", "--out", "a.html")
    ended = run_here(*page, "--photo", str(CAT))
    assert ended.code == 0
    assert "fc has no maps, so photos are left out of it." in ended.err
    (layer,) = read_page(tmp_path / "a.html").layers
    assert [each.name for each in layer.channels] == ["golden retriever", "tench"]
    assert [each.verdict for each in layer.channels] == ["excited", ""]
    assert "1 channel has no picture yet; convscope atlas make resnet18 fc queues" in ended.err


def test_ctrl_c_leaves_the_page_that_was_there(gallery: Path, tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text("the one before")
    layers = [layer.name for layer in VGG16.layers]  # the atlas has thousands of pictures of them
    terminal = Terminal([*COMMAND, "atlas", *layers, "--out", str(page)])
    terminal.until(lambda: "choosing the quality" in terminal.text)
    terminal.type("\x03")
    assert terminal.ended() == 130
    assert [path.name for path in tmp_path.glob("*a.html*")] == ["a.html"]
    assert page.read_text() == "the one before"
