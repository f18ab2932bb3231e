"""``convscope animate``, on the real network, made small."""

import base64
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.core.gallery.pictures import read_picture, read_record, read_whole
from convscope.core.gallery.records import AnimationRecord
from tests.conftest import COMMAND, Ended
from tests.page.browsing import chromium
from tests.running import until
from tests.samples import animate, save_animation

Run = Callable[..., Ended]
PHOTOS = Path(__file__).parents[1] / "photos"
SMALL = ("conv2_1:3", "--steps", "4", "--resolution", "32", "--device", "cpu")
CONTAINERS = ["webp", "gif", "png"]


def frames_of(path: Path) -> list[np.ndarray]:
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")).astype(int))
    return found


def rendered(run_here: Run, *line: str) -> np.ndarray:
    """The picture that ``render`` makes."""
    return np.asarray(read_picture(Path(run_here("render", *line).lines[0]))[0]).astype(int)


# ---- what is made --------------------------------------------------------------------------


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_last_frame_is_what_render_makes(
    run_here: Run, tmp_path: Path, gallery: Path, container: str
) -> None:
    ended = run_here("animate", *SMALL, "--out", f"a.{container}", "--frames", "9")
    assert (ended.code, ended.lines, ended.err) == (0, [f"a.{container}"], "")
    frames = frames_of(tmp_path / f"a.{container}")
    assert len(frames) == 9
    assert not gallery.exists()
    last = rendered(run_here, *SMALL)
    if container == "gif":
        assert np.abs(frames[-1] - last).mean() < 12, "256 colours, dithered"
    else:
        np.testing.assert_array_equal(frames[-1], last)
    assert np.abs(frames[0] - last).mean() > 20, "it grows out of noise"


@pytest.mark.parametrize(
    "options", [("--restarts", "3"), ("--start-image", str(PHOTOS / "cat.jpg"))], ids=" ".join
)
def test_whatever_the_picture_is_made_of_it_is_the_last_frame(
    run_here: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert run_here("animate", *SMALL, *options, "--out", "a.png").code == 0
    frames = frames_of(tmp_path / "a.png")
    assert len(frames) == 33
    np.testing.assert_array_equal(frames[-1], rendered(run_here, *SMALL, *options))


def test_a_photo_is_the_first_frame_that_an_image_grows_out_of(
    run_here: Run, tmp_path: Path
) -> None:
    photo = ("--start-image", str(PHOTOS / "cat.jpg"))
    run_here("animate", *SMALL, *photo, "--out", "a.png")
    with Image.open(PHOTOS / "cat.jpg") as cat:
        side = min(cat.size)
        left, top = (cat.width - side) // 2, (cat.height - side) // 2
        square = cat.crop((left, top, left + side, top + side)).resize((32, 32), 2)
    assert np.abs(frames_of(tmp_path / "a.png")[0] - np.asarray(square)).mean() < 12


def test_the_curve_stands_below_and_ends_at_the_activation(run_here: Run, tmp_path: Path) -> None:
    line = ("animate", *SMALL, "--frames", "5", "--out", "a.png", "--curve", "--json")
    (told,) = json.loads(run_here(*line).out)["animations"]
    frames = frames_of(tmp_path / "a.png")
    assert {frame.shape for frame in frames} == {(40, 32, 3)}
    np.testing.assert_array_equal(frames[-1][:32], rendered(run_here, *SMALL))
    record = read_record(tmp_path / "a.png")
    assert isinstance(record, AnimationRecord)
    assert (record.curve, record.activation) == (True, told["activation"])
    assert told["frames"] == 5


def test_a_picture_without_numbers_has_its_frames_all_the_same(
    run_here: Run, tmp_path: Path
) -> None:
    """All its frames but the first are black; none of them is left out."""
    broken = ("--preset", "classic", "--optimizer", "sgd", "--lr", "1e38", "--curve")
    ended = run_here("animate", *SMALL, *broken, "--out", "a.webp")
    assert ended.code == 1
    assert "diverged" in ended.err
    assert len(frames_of(tmp_path / "a.webp")) == 33


def test_in_the_gallery_it_lies_beside_the_picture_and_is_made_once(
    run_here: Run, gallery: Path
) -> None:
    picture = Path(run_here("render", *SMALL).lines[0])
    line = ("animate", *SMALL, "--json")
    (made,) = json.loads(run_here(*line).out)["animations"]
    path = Path(made["path"])
    assert path.parent == picture.parent
    assert path.name.startswith("conv2_1-0003-crisp-32px-s0-")
    assert path.name.endswith("-animation.webp")
    assert (made["new"], made["verdict"]) == (True, read_record(picture).verdict)
    (again,) = json.loads(run_here(*line).out)["animations"]
    assert (again["path"], again["new"]) == (made["path"], False)
    others = [("--curve",), ("--frames", "7"), ("--format", "gif"), ("--format", "png")]
    paths = [run_here("animate", *SMALL, *other).lines[0] for other in others]
    assert len({*paths, str(path)}) == 5
    assert all(read_whole(Path(each)) for each in paths)


def test_several_targets_and_variants_go_into_the_gallery(run_here: Run) -> None:
    line = ("animate", "conv1_1:3", *SMALL, "--variants", "2", "--frames", "3")
    paths = [Path(each) for each in run_here(*line).lines]
    told = [read_record(path) for path in paths]
    assert [(each.layer, each.variant) for each in told] == [
        ("conv1_1", 0),
        ("conv1_1", 1),
        ("conv2_1", 0),
        ("conv2_1", 1),
    ]
    assert len({frames_of(path)[-1].tobytes() for path in paths}) == 4


def test_inspect_tells_how_it_was_made_and_reproduce_what_to_do(
    run_here: Run, tmp_path: Path
) -> None:
    for container in CONTAINERS:
        run_here("animate", *SMALL, "--out", f"a.{container}", "--curve")
        shown = run_here("inspect", f"a.{container}").out
        assert "33 frames of its ascent, above the curve of its activation" in shown
        document = json.loads(run_here("inspect", f"a.{container}", "--json").out)
        assert (document["task"], document["container"]) == ("animation", container)
        refused = run_here("reproduce", f"a.{container}")
        assert refused.code == 2
        assert "convscope animate vgg16/conv2_1:3 makes it again" in refused.err


# ---- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--out a.mp4", "--out a.mp4 should end in .webp, .gif or .png"),
        ("--out a", "--out a should end in .webp"),
        ("--out nowhere/a.gif", "The folder of nowhere/a.gif is missing"),
        ("--out there.gif", "there.gif exists already; name another with --out, or add --force"),
        ("--out a.gif --format png", "--out a.gif is no png; leave out --format"),
        ("--out a.gif conv2_1:4-5", "--out is for one animation, and these are 3"),
        ("--format mp4", "'webp', 'gif', 'png'"),
        ("--frames 1", "--frames 1 is not an animation; choose 2 or more"),
        ("--frames many", "--frames many is not a whole number"),
        ("--frames 0 --out a.gif", "is not an animation"),
        ("--frames 40000", "40,000 frames of 32 px take too much memory; choose 39,062 frames"),
        ("--resolution 2048", "33 frames of 2048 px take too much memory; choose 9 frames"),
        ("--keep 2", "name it with --start-image"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_nothing_is_written(
    run_here: Run, tmp_path: Path, gallery: Path, options: str, said: str
) -> None:
    (tmp_path / "there.gif").write_text("mine")
    ended = run_here("animate", *SMALL, *options.split())
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there.gif"]
    assert (tmp_path / "there.gif").read_text() == "mine"


# ---- what comes in between -----------------------------------------------------------------


@pytest.mark.long
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    line = ("animate", "conv1_1:3", "--steps", "100000", "--resolution", "32", "--device", "cpu")
    with subprocess.Popen(
        [*COMMAND, *line, "--out", "a.webp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        loaded = Path(f"/proc/{process.pid}/maps")
        until(lambda: "libtorch" in loaded.read_text())  # it is at work, or about to begin
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, (b"", b""))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# ---- in a browser --------------------------------------------------------------------------

DECODE = """async ([content, kind]) => {
    const data = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const decoder = new ImageDecoder({data, type: `image/${kind}`});
    await decoder.tracks.ready;
    await decoder.completed;
    const {frameCount, repetitionCount} = decoder.tracks.selectedTrack;
    const told = {frames: frameCount, forever: repetitionCount === Infinity, shown: []};
    for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
        const {image} = await decoder.decode({frameIndex});
        const {displayWidth: width, displayHeight: height} = image;
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(image, 0, 0);
        told.shown.push(image.duration / 1000);
        told.last = Array.from(context.getImageData(0, 0, width, height).data);
        image.close();
    }
    return told;
}"""


@pytest.mark.long
def test_chromium_shows_all_frames(tmp_path: Path, run_here: Run) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>frames</title>")
    with chromium() as browser:
        page = browser.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        for container in CONTAINERS:
            path = tmp_path / f"a.{container}"
            run_here("animate", *SMALL, "--out", path.name)
            content = base64.b64encode(path.read_bytes()).decode()
            told = page.evaluate(DECODE, [content, container])
            assert (told["frames"], told["forever"]) == (33, True), container
            assert told["shown"] == [400, *[80] * 31, 2000]
            last = np.array(told["last"]).reshape(32, 32, 4)[..., :3]
            np.testing.assert_array_equal(last, frames_of(path)[-1])
            still = save_animation(tmp_path, animate(container))  # of greys, some alike
            content = base64.b64encode(still.read_bytes()).decode()
            assert page.evaluate(DECODE, [content, container])["frames"] == 5
