"""Other networks in the explorer: how one is picked, and that each is found as it was left."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from convscope.core.catalog.own import parse_own
from convscope.core.catalog.subjects import Subject, usual_subject
from convscope.core.catalog.weights import EMBEDDED, Weights, parse_weights
from convscope.core.runner.described import describe_own
from convscope.tui.explorer.app import ExplorerApp
from convscope.tui.explorer.model.networks import network_entries, search
from convscope.tui.explorer.screens.networks import NetworkScreen
from convscope.tui.explorer.session import load_session, save_session
from tests.explorer.driving import explore, settle, until
from tests.explorer.fakes import CRISP, save, task

WIDE = (120, 36)
RESNET = usual_subject("resnet50")


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    """Whatever this machine has downloaded before."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def names(entries):
    return [entry.subject.model for entry in entries]


def test_the_recent_ones_come_first_and_none_twice():
    found = names(network_entries([RESNET, Subject()]))
    assert found[:2] == ["resnet50", "vgg16"]
    assert len(found) == len(set(found)) > 60
    assert found[2:] == sorted(found[2:])


def test_a_network_that_is_not_known_any_more_is_left_out():
    assert "gone" not in names(network_entries([Subject("gone")]))


@pytest.mark.long
def test_a_network_of_one_s_own_follows_the_recent_ones_as_long_as_its_code_is_the_same(tmp_path):
    file = tmp_path / "net.py"
    (tmp_path / "state").mkdir(mode=0o700)
    for last in (2, 3):
        file.write_text(
            f"from torch import nn\ndef build():\n    return nn.Sequential(nn.Conv2d(3, {last}, 3))"
        )
        described = describe_own(parse_own(f"{file}:build"), here=False)
    found = network_entries([RESNET])
    assert names(found)[:3] == ["resnet50", described.name, "alexnet"]
    assert (found[1].layers, found[1].weights, found[1].is_here) == (1, "its own", True)


def test_words_are_found_in_names_and_weights():
    entries = network_entries()
    assert names(search("RESNET50", entries))[0] == "resnet50"
    assert "wide_resnet50_2" in names(search("resnet50", entries))
    assert names(search("embedded", entries)) == ["vgg16"]
    assert search("zebra", entries) == []


def test_it_is_said_where_the_weights_are_and_what_they_cost(tmp_path):
    (entry,) = network_entries([RESNET])[:1]
    assert (entry.weights, entry.is_here) == ("103 MB to download", False)
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "resnet50-11ad3fa6.pth").write_bytes(b"")
    assert network_entries([RESNET])[0].weights == "here"


async def pick(pilot: Pilot, text: str) -> None:
    """Pick a network by a part of its name."""
    await pilot.press("M")
    await until(pilot, lambda: isinstance(pilot.app.screen, NetworkScreen))
    await pilot.press(*text, "enter")
    await settle(pilot)


def test_one_file_opened_for_two_inputs_is_told_apart(tmp_path):
    (tmp_path / "dogs.pth").write_bytes(b"weights")
    weights = parse_weights(str(tmp_path / "dogs.pth"), "mobilenet_v2")
    found = network_entries([Subject("mobilenet_v2", weights, kind) for kind in ("", "half")])
    assert found[1].weights == f"{found[0].weights} · half"


async def test_each_network_is_found_as_it_was_left(app, feed):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"20-40", "enter", "l", "space")
        await pick(pilot, "resnet50")
        screen = explore(pilot)
        assert screen.selection.network.name == "resnet50"
        assert "resnet50 · imagenet1k_v2" in screen.header.render().plain
        assert (screen.selection.layer.name, screen.filter.text) == ("layer4.2", "")
        await pilot.press("h", "slash", *"layer3.5.conv2", "enter", "l", "a")
        assert screen.selection.layer.name == "layer3.5.conv2"
        (asked,), name, _ = feed.requests[-1]
        assert name == "resnet50/layer3.5.conv2:0", "the queue holds other networks' layers too"
        assert (asked.model, asked.layer, asked.channel) == ("resnet50", "layer3.5.conv2", 0)
        assert asked.weights == RESNET.weights
        await pick(pilot, "vgg16 · emb")
        assert (screen.selection.layer.name, screen.selection.channel) == ("conv5_3", 22)
        assert (screen.items.marked, screen.filter.text) == ([21], "20-40")
        await pick(pilot, "")
        assert screen.selection.network.name == "resnet50", "the one before is the second of all"


def layer_lines(pilot):
    """What stands in the layer pane, line by line."""
    pane = explore(pilot).layer_list
    return [pane.render_line(y).text for y in range(pane.scrollable_content_region.height)]


@pytest.mark.parametrize("size", [WIDE, (80, 24)])
async def test_the_layer_pane_has_room_for_names_and_counts(app, size):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for name, line in (
            ("resnet50", "▸ layer3.4 1024"),
            ("regnet_y_32gf", "▸ …ut.block4.block4-0 3712"),
            ("vgg16 · emb", "conv5_3 512"),
        ):
            await pick(pilot, name)
            await pilot.pause()
            assert any(line in " ".join(shown.split()) for shown in layer_lines(pilot)), name


async def test_a_tiny_terminal_gives_the_layer_pane_all_its_columns(app):
    async with app.run_test(size=(40, 12)) as pilot:
        await settle(pilot)
        await pick(pilot, "resnet50")
        await pilot.press("h")
        await pilot.pause()
        assert explore(pilot).layer_list.size.width == 38


async def test_a_search_leaves_no_block_unfolded_that_it_only_came_by(app):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pick(pilot, "resnet50")
        rows = explore(pilot).selection.rows
        folded = rows.folded
        await pilot.press("h", "slash", *"layer3")
        assert folded - rows.folded == {"layer3.0"}
        await pilot.press(*".5.conv2")
        assert folded - rows.folded == {"layer3.5"}
        await pilot.press(*["backspace"] * len("layer3.5.conv2"))
        assert rows.folded == folded
        assert explore(pilot).selection.layer.name == "layer4.2", "where the search began"
        await pilot.press(*"layer3.5.conv2", "enter", "g")
        assert explore(pilot).selection.layer.name == "conv1"
        await pilot.press("n")
        assert explore(pilot).selection.layer.name == "layer3.5.conv2"


async def test_the_footer_names_the_key_that_folds_where_there_are_blocks(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("tab", "tab")
        assert "fold" not in explore(pilot).footer.render().plain
        await pick(pilot, "resnet50")
        assert " h fold  enter open " in explore(pilot).footer.render().plain


async def test_a_class_has_its_name_in_the_list_too(feed):
    app = ExplorerApp(feed, subject=RESNET)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("h", "G", "l", "t")
        await settle(pilot)
        assert "2 great white shark " in explore(pilot).channel_list.render_line(3).text


async def test_classes_have_names(feed):
    app = ExplorerApp(feed, subject=RESNET)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        await pilot.press("h", "slash", *"fc", "enter", "l")
        assert screen.tile(207).caption == "207 golden retriever"
        await pilot.press("slash", *"retriever", "enter")
        assert 207 in screen.items.shown
        assert len(screen.items.shown) < 10
        await until(pilot, lambda: "retriever" in screen.picture._border_title.plain)


def test_weights_without_a_head_have_no_layers_of_one():
    for model, last in (("resnet50", "layer4.2"), ("alexnet", "features.10"), ("vgg16", "conv5_3")):
        subject = Subject(model, Weights("/mine.pth", "ab" * 32), classes=-1)
        assert subject.layers[-1].name == last


async def test_pictures_of_other_weights_are_not_shown(app, feed, tmp_path):
    feed.files[task(0, CRISP)] = save(feed.gallery, task(0, CRISP))
    other = Subject("vgg16", usual_subject("vgg16").weights, "half")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        screen = explore(pilot)
        assert screen.tile(0).verdict
        screen.look_into(other)
        await settle(pilot)
        assert not screen.tile(0).verdict
        assert screen.tasks.of([0])[0].normalization == "half"


async def test_a_session_restores_network_and_weights(app, tmp_path):
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pick(pilot, "resnet50")
        await pilot.press("h", "slash", *"layer3.5.conv2", "enter")
        save_session(tmp_path, app.last_session)
    left = load_session(tmp_path)
    assert left.subject == RESNET
    assert left.recent[:2] == [RESNET, Subject()]
    again = ExplorerApp(app._feed, session=left)
    async with again.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert explore(pilot).selection.subject == RESNET
        assert any("  conv2 " in line and " 256" in line for line in layer_lines(pilot)), (
            "out of its block"
        )
        assert explore(pilot).history.recent[:2] == [RESNET, Subject()]


def test_an_older_session_means_the_embedded_weights(tmp_path: Path) -> None:
    save_session(tmp_path, load_or_make())
    text = (tmp_path / "explorer.json").read_text().replace('"weights"', '"unknown"')
    (tmp_path / "explorer.json").write_text(text)
    found = load_session(tmp_path)
    assert found is not None
    assert found.subject.weights == EMBEDDED


def load_or_make():
    from convscope.core.ascent.recipes import PRESETS
    from convscope.tui.explorer.session import Session

    return Session(model="vgg16", layer="conv5_1", channels=[0] * 13, recipe=PRESETS["crisp"])
