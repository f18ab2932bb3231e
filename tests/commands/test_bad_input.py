"""Bad input: one sentence that names the thing, exit code 2, and nothing written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from convscope.core.system.errors import UserError
from convscope.core.system.folders import state_folder
from convscope.tui.commands.cli import cli
from convscope.tui.commands.errors import explain
from tests.conftest import Ended
from tests.samples import job, save

MISTAKES = [
    ("render", "No target was named"),
    ("render conv6_1:3", "nearest are conv5_1"),
    ("render conv5_1:512", "channels are 0 to 511"),
    ("render conv5_1:20-", "such as 20-29"),
    ("render conv5_1", "conv5_1:25"),
    ("render conv5_1:1 --resolution 0", "choose 16 to 2048 pixels"),
    ("render conv5_1:1 --resolution 100000", "choose 16 to 2048 pixels"),
    ("render conv5_1:1 --resolution big", "--resolution big is not a whole number"),
    ("render conv5_1:1 --steps 0", "steps cannot be 0; choose 1 to 100000"),
    ("render conv5_1:1 --steps 1.5", "--steps 1.5 is not a whole number"),
    ("render conv5_1:1 --lr fast", "--lr fast is not a number"),
    ("render conv5_1:1 --lr 0", "above 0"),
    ("render conv5_1:1 --lr nan", "above 0"),
    ("render conv5_1:1 --seed -1", "from 0 to"),
    ("render conv5_1:1 --restarts 0", "choose 1 to 64"),
    ("render conv5_1:1 --preset classic --start 0.5 0.5", "the lower first"),
    ("render conv5_1:1 --preset classic --start 1 -1", "the lower first"),
    ("render conv5_1:1 --preset classic --start 1", "--start"),
    ("render conv5_1:1 --start -0.25 0.25", "--preset classic"),
    ("render conv5_1:1 --preset clasic", "did you mean classic"),
    ("render conv5_1:1 --objective beauty", "'channel', 'unreachable', 'neuron'"),
    ("--low-bandwidth render conv5_1:1", "leave it out before render"),
    ("maps missing.jpg conv5_1", "The photo missing.jpg cannot be read"),
    ("maps notes.txt conv5_1", "it is not an image in a known format"),
    ("maps notes.txt conv9_1", "the nearest are"),
    ("maps notes.txt fc8", "fc8 has no maps, only one number for the whole photo"),
    ("maps notes.txt conv5_1:512", "channels are 0 to 511"),
    ("maps notes.txt conv5_1 --top 0", "write 1 or more"),
    ("maps . conv5_1 --npz a.npz", "--npz is for one photo"),
    ("maps nothing conv5_1", "There is no photo in the folder nothing"),
    ("maps ~nobody-here/cat.jpg conv5_1", "there is no user nobody-here"),
    ("atlas conv5_1", "add for example --out atlas.html"),
    ("atlas --out a.html", "write for example conv5_1"),
    ("atlas conv9_1 --out a.html", "nearest are"),
    ("atlas conv5_1:512 --out a.html", "channels are 0 to 511"),
    ("atlas conv5_1 resnet50/layer4.2 --out a.html", "make a page of each"),
    ("atlas conv5_1 --out a.png", "--out a.png should end in .html"),
    ("atlas conv5_1 --out nowhere/a.html", "The folder of nowhere/a.html is missing"),
    ("atlas conv5_1 --out notes.txt/a.html", "is not a folder; name another with --out"),
    ("atlas conv5_1 --out a.html --top 0", "--top 0 should be a number from 1 to 25"),
    ("atlas conv5_1 --out a.html --preset clasic", "did you mean classic"),
    ("atlas conv5_1 --out a.html --device abacus", "write auto, cpu, cuda"),
    ("atlas conv5_1 --out a.html --exemplars x --no-exemplars", "leave one out"),
    ("atlas conv5_1 --out a.html --exemplars x", "convscope exemplars add FOLDER makes one"),
    ("atlas conv5_1 --out a.html --photo notes.txt", "it is not an image in a known format"),
    (
        "atlas resnet18/layer4.1 --out a.html --gallery nothing",
        "convscope atlas make resnet18 --gallery nothing layer4.1 queues drafts",
    ),
    ("exemplars add nothing", "There is no photo in the folder"),
    ("exemplars add notes.txt", "Not a directory"),
    ("exemplars add . --name a/b", "The name 'a/b' does not suit an index"),
    ("exemplars show conv5_1:1", "convscope exemplars add FOLDER makes one"),
    ("exemplars show conv5_1:1 --top 0", "--top 0 should be a number from 1 to 1000"),
    ("render conv5_1:1 --keep 2", "name it with --start-image"),
    ("render conv5_1:1 --tap mid", "'pre', 'post'"),
    ("render conv5_1:1 --objective direction", "name a file of them with --direction"),
    ("render conv5_1:0 --direction missing.npy", "There is no file missing.npy"),
    ("render conv5_1:0 --direction notes.txt", "cannot be read as one array of numbers"),
    ("render conv5_1:0 --direction .", "cannot be read as one array of numbers"),
    ("render conv5_1:0 --direction words.npy", "holds no real numbers"),
    ("render conv5_1:0 --direction cube.npy", "has the shape 2 x 2 x 2"),
    ("render conv5_1:0 --direction zeros.npy", "a direction of zeros"),
    ("render conv5_1:0 --direction short.npy", "A direction of conv5_1 has 512 numbers"),
    ("render conv1_1:1 --direction axis.npy", "row 1 of the file, which has 1; write conv1_1:0"),
    ("render conv1_1:0 --direction axis.npy --objective neuron", "leave out --objective"),
    ("render conv1_1:0 --direction axis.npy --tap post", "leave out --tap post"),
    ("render conv5_1:1 --variants 0", "variants cannot be 0; choose 1 to 16"),
    ("render conv5_1:1 --variants 2 --restarts 2", "leave out --variants or --restarts"),
    ("render conv5_1:1 --diversity -1", "cannot be -1;"),
    ("render conv5_1:1 --optimizer lbfgs", "'adam', 'rmsprop', 'sgd'"),
    ("render conv5_1:1 --transforms spin=5", "jitter=4,rotation=5,scale=0.05"),
    ("render conv5_1:1 --transforms rotation=200", "rotation cannot be 200; choose 0 to 180"),
    ("render conv5_1:1 --tv much", "--tv much is not a number"),
    ("render conv5_1:1 --l2 -5", "weight --l2 cannot be -5;"),
    ("render conv5_1:1 --precision int8", "'bfloat16'"),
    ("render conv5_1:1 --device abacus", "write auto, cpu, cuda"),
    ("render conv5_1:1 --weights nothing.pth", "check the path"),
    ("render conv5_1:1 --weights IMAGENET1K_V9", "did you mean IMAGENET1K_V1"),
    ("render conv5_1:1 --weights notes.txt", "is damaged, or not a file of weights"),
    ("render conv5_1:1 --weights .", "(a folder, not a file)"),
    ("render conv5_1:1 --weights /dev/zero", "(a device, not a file)"),
    ("render conv5_1:1 --weights ~nobody-here/w.pth", "there is no user nobody-here"),
    ("render conv5_1:1 --normalize imagnet", "or MEAN/STD such as 0.485,0.456,0.406/0.229"),
    ("render conv5_1:1 --normalize 0.5", "is not a normalisation"),
    ("render conv5_1:1 --normalize 0.5,0.5/1", "is not a normalisation"),
    ("render conv5_1:1 --normalize 0.5/nan", "is not a normalisation"),
    ("render conv5_1:1 --normalize 0.5/0", "has a standard deviation of 0 or less"),
    ("render conv5_1:1 --normalize 123.68,116.78,103.94/1", "divide both by 255"),
    ("render conv5_1:1 --step 5", "--steps"),
    ("render conv5_1:1 --gallery notes.txt", "choose another with --gallery"),
    ("render conv5_1:1 --gallery notes.txt/below", "choose another with --gallery"),
    ("render conv5_1:1 --gallery /proc/nowhere", "choose another with --gallery"),
    ("sheet", "No target was named"),
    ("sheet conv5_1:1-9 --grid 2", "such as 2x5"),
    ("sheet conv5_1:1-9 --grid 0x5", "such as 2x5"),
    ("sheet conv5_1:1-9 --grid 999x999", "too large for one sheet"),
    ("inspect", "FILE"),
    ("inspect missing.png", "There is no file missing.png"),
    ("inspect notes.txt", "notes.txt is not a readable PNG"),
    ("inspect plain.png", "carries no convscope record"),
    ("inspect .", "not a readable PNG"),
    ("reproduce missing.png", "There is no file missing.png"),
    ("reproduce plain.png", "carries no convscope record"),
    ("reproduce made.png --output made.png", "is the picture itself"),
    ("reproduce made.png --output plain.png", "add --force"),
    ("reproduce made.png --output nowhere/out.png", "nowhere/out.png is missing"),
    ("reproduce made.png --output out.jpg", "should end in .png"),
    ("reproduce foreign.png", "has no channel 9999"),
    ("reproduce made.png --device abacus", "write auto, cpu, cuda"),
    ("reproduce made.png --weights notes.txt", "is not what the picture was made with"),
    ("reproduce made.png --weights gone.pth", "cannot be read (No such file or directory)"),
    ("layers --model resnet", "there is resnet50"),
    ("doctor --device abacus", "write auto, cpu, cuda"),
    ("rendr conv5_1:1", "did you mean render"),
    ("--gallery here layers", "write it after layers"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty one, a text file, a PNG of somebody else, and two pictures."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "nothing").mkdir()
    (folder / "notes.txt").write_text("just words")
    Image.new("RGB", (4, 4)).save(folder / "plain.png")
    np.save(folder / "words.npy", np.array(["one", "two"]))
    np.save(folder / "cube.npy", np.ones((2, 2, 2)))
    np.save(folder / "zeros.npy", np.zeros(512))
    np.save(folder / "short.npy", np.ones(3))
    np.save(folder / "axis.npy", np.eye(64)[0])
    save(tmp_path / "aside", job("conv5_1:25")).rename(folder / "made.png")
    foreign = job("conv5_1:25").__class__(
        model="vgg16", layer="conv5_1", channel=9999, recipe=job("conv5_1:25").recipe
    )
    save(tmp_path / "aside", foreign).rename(folder / "foreign.png")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(("line", "sentence"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_is_one_sentence_and_writes_nothing(
    line: str, sentence: str, here: Path, gallery: Path
) -> None:
    before = sorted(here.rglob("*"))
    result = CliRunner().invoke(cli, line.split(), prog_name="convscope", standalone_mode=False)
    assert isinstance(result.exception, Exception)
    said, code = explain(result.exception)
    assert code == 2
    assert sentence in said
    assert "\n" not in said
    assert result.stdout == ""
    assert not gallery.exists()
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    "line", ["render conv6_1:3", "render conv5_1:1 --step 5", "inspect x\x1b[2J\u202e.png"]
)
def test_a_process_says_it_on_one_line(run_cli: Callable[..., Ended], line: str) -> None:
    ended = run_cli(*line.split())
    assert (ended.code, ended.out) == (2, "")
    (said,) = ended.err.splitlines()
    assert said.startswith("convscope: ")
    assert said.isprintable()


def test_damaged_weights_write_nothing(here: Path, gallery: Path) -> None:
    (here / "cut.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    line = ["render", "conv1_1:1", "--device", "cpu", "--weights", "cut.safetensors"]
    result = CliRunner().invoke(cli, line, standalone_mode=False)
    assert isinstance(result.exception, UserError)
    assert "cut.safetensors" in str(result.exception)
    assert result.stdout == ""
    assert not gallery.exists()


@pytest.mark.parametrize("place", ["file/gallery", "file"])
def test_a_gallery_that_cannot_be_written_opens_no_explorer(
    place: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_text("no folder")
    monkeypatch.setattr("convscope.tui.commands.explore.why_not_here", lambda _: "")
    monkeypatch.setattr(
        "convscope.tui.explorer.app.run_explorer", lambda *_, **__: pytest.fail("it opened")
    )
    with pytest.raises(UserError, match=r"gallery: .*file is not a folder"):
        cli.main(["--gallery", place], standalone_mode=False)


def test_a_state_folder_of_everybodys_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "everybody"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setenv("CONVSCOPE_STATE", str(folder))
    with pytest.raises(UserError, match="can be written by others"):
        state_folder()
    assert folder.stat().st_mode & 0o7777 == 0o1777


def test_a_state_folder_that_was_there_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine").chmod(0o755)
    for name, mode in (("mine", 0o755), ("new", 0o700)):
        monkeypatch.setenv("CONVSCOPE_STATE", str(tmp_path / name))
        assert state_folder().stat().st_mode & 0o777 == mode
