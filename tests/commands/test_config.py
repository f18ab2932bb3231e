"""The config file: what counts before what, and that a mistake in it stops nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.core.ascent.recipes import PRESETS
from convscope.core.catalog.subjects import Subject
from convscope.core.catalog.weights import Weights
from convscope.core.system.config import MAX_BYTES, Config, load_config
from convscope.core.system.errors import UserError
from convscope.core.system.folders import gallery_folder, state_folder
from convscope.tui.commands.checks import check_config
from convscope.tui.commands.cli import cli
from convscope.tui.commands.settings import SENTENCES, mistakes, read_settings
from convscope.tui.explorer.keymap import Table
from convscope.tui.explorer.session import Session, save_session
from convscope.tui.looks import Looks
from tests.conftest import Ended

Run = Callable[..., Ended]

QUICK = ("render", "conv1_1:1", "--steps", "1", "--resolution", "16")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where the user's config file is looked for; it does not exist yet."""
    path = tmp_path / "config" / "convscope" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


# What is in the file, what of it counts, and the sentences about the rest, each behind the file's
# name.
FILES: list[tuple[str | bytes, Config, list[str]]] = [
    ("", Config(), []),
    ("# nothing yet\n", Config(), []),
    (
        'gallery = "~/g"\r\ndevice = "cpu"\r\npreset = "classic"\r\nweights = "imagenet1k_v1"\r\n',
        Config(gallery="~/g", device="cpu", preset="classic", weights="imagenet1k_v1"),
        [],
    ),
    (b'\xef\xbb\xbfdevice = "cpu"', Config(device="cpu"), []),
    (
        '[keys]\nlayers.down = "j"\n"layers.up" = ["k", "up"]\n[keys.channels]\nmake = "enter"',
        Config(
            keys={"layers.down": "j", "layers.up": ["k", "up"], "channels.make": "enter"},
        ),
        [],
    ),
    (
        'theme = "paper"\nlow_bandwidth = true\n[themes.paper]\ndark = false\nprimary = "#00f"\n'
        '[themes."my ink"]',
        Config(
            theme="paper",
            low_bandwidth=True,
            themes={"paper": {"dark": False, "primary": "#00f"}, "my ink": {}},
        ),
        [],
    ),
    # A wrong type.
    (
        'preset = "draft"\n\ndevice = 3',
        Config(preset="draft"),
        [", line 3: device is ignored: it must be text in quotes; write it like device ="],
    ),
    ("# gallery\n  gallery.here = true", Config(), [", line 2: gallery is ignored: it must be"]),
    ("keys = 5", Config(), [", line 1: keys is ignored: it must be a table; write [keys]"]),
    (
        'weights = "embedded"\n[keys]\nlayers.down = 5\nlayers.up = ["k", 5]\nlayers.open = "o"',
        Config(weights="embedded", keys={"layers.open": "o"}),
        [
            ", line 3: keys.layers.down is ignored: it must be a key in quotes, or a list",
            ", line 4: keys.layers.up is ignored: it must be a key in quotes, or a list",
        ],
    ),
    ("keys = {a = 1}", Config(), [", line 1: keys.a is ignored"]),
    ('[keys]\na.b.c = "x"', Config(), [", line 2: keys.a.b is ignored"]),
    # A value that cannot be.
    (
        'device = "cpu"\npreset = "clasic"',
        Config(device="cpu"),
        [", line 2: preset is ignored: There is no preset 'clasic'; did you mean classic?"],
    ),
    (
        'model = "resnet81"\nweights = "IMAGENET1K_V1"',
        Config(weights="IMAGENET1K_V1"),
        [", line 1: model is ignored: There is no model 'resnet81'; there is resnet18"],
    ),
    (
        'weights = "IMAGENET1K_V2"\nmodel = "resnet50"',
        Config(model="resnet50", weights="IMAGENET1K_V2"),
        [],
    ),
    (
        'device = "abacus"',
        Config(),
        [", line 1: device is ignored: There is no device 'abacus'; write auto, cpu,"],
    ),
    (
        'weights = "IMAGENET1K_V2"',
        Config(),
        [", line 1: weights is ignored: IMAGENET1K_V2 names no weights (did you"],
    ),
    ('gallery = ""', Config(), [", line 1: gallery is ignored: it is empty; write it like"]),
    (
        'gallery = "~nobody-here/x"',
        Config(),
        [", line 1: gallery is ignored: there is no user"],
    ),
    ('gallery = "a\\u0000b"', Config(), [", line 1: gallery is ignored: it holds characters"]),
    (
        'theme = "sepia"\nlow_bandwidth = "yes"\n[themes.paper]',
        Config(themes={"paper": {}}),
        [
            ", line 1: theme is ignored: there is no theme sepia; there are dark, light, paper.",
            ", line 2: low_bandwidth is ignored: it must be true or false; write it like low_",
        ],
    ),
    (
        '[theme]\nprimary = "#00f"',
        Config(),
        [', line 1: theme is ignored: it must be text in quotes; write it like theme = "light"'],
    ),
    (
        '[themes.paper]\nprimry = "#00f"\naccent = "blue"\ndark = "no"\nx = 1\npanel = "#123"',
        Config(themes={"paper": {"panel": "#123"}}),
        [
            ", line 2: themes.paper.primry is ignored: no colour of that name; did you mean primar",
            ", line 3: themes.paper.accent is ignored: it is not a colour; write it like acc",
            ", line 4: themes.paper.dark is ignored: it must be true or false; write dark = false ",
            ", line 5: themes.paper.x is ignored: no colour of that name; there are primary, ",
        ],
    ),
    (
        '[themes]\nprimary = "#00f"\n[themes.dark]\npanel = "#123"\n[themes." "]\n'
        '[themes."\\u001b[2J"]',
        Config(),
        [
            ", line 2: themes.primary is ignored: a theme is a table; write [themes.NAME] on a lin",
            ", line 3: themes.dark is ignored: that theme is built in; give yours another name.",
            ", line 5: themes.  is ignored: its name is empty; give it another name.",
            ", line 6: themes.\\x1b[2J is ignored: its name holds characters that cannot be shown;",
        ],
    ),
    (
        "themes = 5",
        Config(),
        [", line 1: themes is ignored: it must be a table; write [themes.NAME"],
    ),
    # An unknown key.
    (
        'device = "cpu"\ngalery = "x"',
        Config(device="cpu"),
        [", line 2: there is no setting galery; did you mean gallery?"],
    ),
    (
        '[colours]\nred = "green"',
        Config(),
        [", line 1: there is no setting colours; there are gallery, device, preset, model"],
    ),
    (
        'a = 1\nb = 2\nseed = 3\npreset = "draft"',
        Config(preset="draft"),
        [f", line {line}: there is no setting {key}; " for line, key in ((1, "a"), (2, "b"))]
        + [", line 3: there is no setting seed"],
    ),
    # No TOML.
    (
        'device = "cpu"\npreset = classic',
        Config(),
        [", line 2: this is not TOML (Invalid value), so nothing in the file is used; settings"],
    ),
    ('device = "cpu"\nkeys = [\n', Config(), [", line 2: this is not TOML (Invalid value), so"]),
    ('device = "cpu"\ndevice = "cpu"', Config(), [", line 2: this is not TOML (Cannot overwrite"]),
    ("<html>", Config(), [", line 1: this is not TOML"]),
    ("keys = " + "[" * 20_000, Config(), [": the config file is nested too deeply, so none"]),
    ("steps = " + "9" * 20_000, Config(), [": this is not TOML (a number is too long), so"]),
    ("a" + ".a" * 20_000 + " = 1", Config(), [", line 1: the line has more than 100 dots"]),
    # No text.
    (b'device = "cpu"\n\xff\xfe', Config(), [", line 2: the config file is not UTF-8, so none of"]),
    (b"\0" * 100, Config(), [", line 1: this is not TOML"]),
    # Nothing that could drive a terminal.
    (
        '"\\u001b[2J" = 1',
        Config(),
        [", line 1: there is no setting \\x1b[2J; there are gallery"],
    ),
    ('"\x1b[2J" = 1', Config(), [", line 1: this is not TOML"]),
    (
        '[keys]\n"\\u001b]0;title\\u0007" = "x"\n"\\u202elayers.down" = "x"\nlayers.up = "\\u009b"',
        Config(),
        [
            ", line 2: keys.\\x1b]0;title\\x07 is ignored: the explorer has no command of",
            ", line 3: keys.\\u202elayers.down is ignored",
            ", line 4: keys.layers.up is ignored: it holds characters that cannot be shown",
        ],
    ),
    ('preset = "\\u001b[2J\\n"', Config(), [", line 1: preset is ignored: it holds characters"]),
    ('"[@click=app.bell]x" = 1', Config(), [", line 1: there is no setting [@click=app.bell]x"]),
]


@pytest.mark.parametrize(("content", "counts", "said"), FILES)
def test_what_is_right_counts_and_what_is_wrong_is_told(
    content: str | bytes, counts: Config, said: list[str], config: Path
) -> None:
    config.write_bytes(content.encode() if isinstance(content, str) else content)
    found = read_settings()
    assert found.config == counts
    sentences = [str(problem) for problem in found.problems]
    assert len(sentences) == len(said)
    for sentence, words in zip(sentences, said, strict=True):
        assert sentence.startswith(f"{config}{words}")
        assert sentence.isprintable()
        assert sentence.endswith((".", "?"))
        assert len(sentence) < 1000


def test_without_a_file_there_is_nothing_to_say() -> None:
    found = read_settings()
    assert (found.found, found.config, found.problems) == (False, Config(), ())


def test_an_enormous_file_is_refused_unread(config: Path) -> None:
    with config.open("wb") as file:
        file.truncate(10 * 2**20)
    began = time.process_time()
    (problem,) = load_config().problems
    assert time.process_time() - began < 0.5
    assert str(problem).startswith(f"{config}: the config file is larger than 64 KiB and was not")


@pytest.mark.parametrize("line", ["a{} = 1\n", "[keys.a{}]\nx = 1\n", 'keys."a{}" = []\n'])
def test_the_largest_file_is_judged_at_once_and_told_briefly(line: str, config: Path) -> None:
    lines = [line.format(number) for number in range(MAX_BYTES // (len(line) + 4))]
    config.write_text('gallery = "g"\n' + "".join(lines))
    began = time.process_time()
    found = read_settings()
    assert time.process_time() - began < 10  # some 0.3 s
    assert found.config.gallery == "g"
    if found.problems:
        sentences = list(mistakes(found))
        assert len(sentences) == SENTENCES + 1
        assert sentences[-1].endswith("more like these; convscope doctor lists them.")


def test_a_folder_or_a_pipe_is_no_config_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(config)
    (pipe,) = load_config().problems
    assert "cannot be read (a pipe, not a file)" in str(pipe)
    monkeypatch.setenv("CONVSCOPE_CONFIG", str(config.parent))
    (folder,) = load_config().problems
    assert str(folder).startswith(f"{config.parent}: the config file cannot be read (a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(config: Path) -> None:
    config.write_text('device = "cpu"')
    config.chmod(0)
    (problem,) = load_config().problems
    assert f"{config}: the config file cannot be read (Permission denied)" in str(problem)


def test_a_path_that_leads_nowhere_is_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.symlink_to(config)
    (loop,) = load_config().problems
    assert str(loop).startswith(f"{config}: the config file cannot be read (Too many levels")
    monkeypatch.setenv("CONVSCOPE_CONFIG", "~nobody-here/config.toml")
    (nobody,) = load_config().problems
    assert "cannot be read (there is no user nobody-here)" in str(nobody)


def test_the_environment_names_another_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('device = "cpu"')
    other = tmp_path / "other.toml"
    monkeypatch.setenv("CONVSCOPE_CONFIG", str(other))
    (problem,) = load_config().problems
    assert str(problem) == (
        f"{other}: there is no such config file; correct CONVSCOPE_CONFIG, or unset it."
    )
    other.write_text('device = "mps"')
    assert load_config().config.device == "mps"
    monkeypatch.setenv("CONVSCOPE_CONFIG", os.devnull)
    assert load_config().config == Config()
    assert load_config().problems == ()


def test_the_gallery_typed_then_of_the_environment_then_of_the_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    config.write_text('gallery = "~/of the file"')
    assert gallery_folder("typed") == tmp_path / "typed"
    assert gallery_folder() == tmp_path / "gallery"
    monkeypatch.delenv("CONVSCOPE_GALLERY")
    assert gallery_folder() == Path("/home/me/of the file")
    config.write_text('gallery = "relative"\ngalery = 5')
    assert gallery_folder() == tmp_path / "relative"
    config.unlink()
    assert gallery_folder() == tmp_path / "convscope-gallery"


def test_pictures_are_made_as_the_file_says_and_a_flag_says_otherwise(
    run_here: Run, config: Path, gallery: Path
) -> None:
    config.write_text('preset = "classic"\ndevice = "cpu"\n')
    ended = run_here(*QUICK)
    assert (ended.code, ended.err) == (0, "")
    (path,) = ended.lines
    assert "-classic-16px-" in path
    typed = run_here(*QUICK, "--preset", "drat")
    assert (typed.code, typed.err) == (
        2,
        "convscope: There is no preset 'drat'; did you mean draft?\n",
    )


def test_the_help_shows_the_defaults_as_they_are(run_cli: Run, config: Path) -> None:
    config.write_text('preset = "lucid"\ndevice = "cuda:3"\nweights = "mine.pth"\nseed = 4')
    ended = run_cli("render", "--help")
    shown = " ".join(ended.out.split())
    assert ended.err == ""
    for default in ("lucid", "cuda:3", "mine.pth"):
        assert f"[default: {default}]" in shown
    config.unlink()
    plain = " ".join(run_cli("render", "--help").out.split())
    for default in ("crisp", "auto"):
        assert f"[default: {default}]" in plain


def test_mistakes_are_told_once_and_the_picture_is_made(run_here: Run, config: Path) -> None:
    config.write_text(
        'preset = "clasic"\ndevice = 3\ngallery = "else\\u001b[2J"\n"\\u001b[2J" = 5\n'
    )
    ended = run_here(*QUICK)
    assert ended.code == 0
    assert "-crisp-16px-" in ended.out
    said = ended.err.splitlines()
    assert [line.partition(" is ignored")[0] for line in said[:3]] == [
        f"convscope: {config}, line {number}: {key}"
        for number, key in enumerate(("preset", "device", "gallery"), 1)
    ]
    assert len(said) == 4
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('\ndevice = "cuda:99"', ", line 2: There is no device cuda:99: torch sees"),
        ('\n\nweights = "gone.pth"', ", line 3: The weights file"),
    ],
)
def test_what_the_file_names_and_is_not_there_is_told_with_its_place(
    run_here: Run, config: Path, gallery: Path, content: str, words: str
) -> None:
    config.write_text(content)
    ended = run_here(*QUICK)
    assert (ended.code, ended.out) == (2, "")
    (said,) = ended.err.splitlines()
    assert said.startswith(f"convscope: {config}{words}")
    assert not gallery.exists()
    typed = run_here(*QUICK, "--device", "cuda:98", "--weights", "embedded")
    assert typed.code == 2
    assert typed.err.startswith("convscope: There is no device cuda:98: torch sees")


def test_commands_that_need_no_setting_say_nothing(run_cli: Run, config: Path) -> None:
    config.write_text("not toml at all")
    ended = run_cli("layers")
    assert (ended.code, ended.err) == (0, "")


def test_doctor_names_the_file_and_each_mistake_with_its_remedy(
    run_here: Run, config: Path
) -> None:
    (missing,) = check_config(read_settings())
    assert (missing.state, missing.remedy) == ("ok", "")
    assert missing.detail == f"{config} does not exist; the defaults are used"
    config.write_text('device = "cpu"\npreset = "draft"\natlas = false')
    (good,) = check_config(read_settings())
    assert (good.state, good.detail) == ("ok", f"{config} sets device, preset, atlas")
    config.write_text('galery = "x"\npreset = 5\ndevice = "cpu"\n[keys]\nqiut = "Q"')
    ended = run_here("doctor", "--json")
    assert (ended.code, ended.err) == (0, "")
    checks = json.loads(ended.out)["checks"]
    assert [check for check in checks if check["name"] == "config"] == [
        {
            "name": "config",
            "state": "advice",
            "detail": f"{config}, line 1: there is no setting galery",
            "remedy": "did you mean gallery?",
        },
        {
            "name": "config",
            "state": "advice",
            "detail": f"{config}, line 2: preset is ignored: it must be text in quotes",
            "remedy": 'write it like preset = "classic"',
        },
        {
            "name": "config",
            "state": "advice",
            "detail": f"{config}, line 5: keys.qiut is ignored: "
            "the explorer has no command of that name",
            "remedy": "did you mean quit?",
        },
    ]


def test_the_explorer_opens_as_the_file_says(
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened = []
    told = []
    seen = []

    subjects = []

    def run_explorer(
        gallery: Path,
        state: Path,
        *,
        device: str,
        session: object,
        subject: Subject | None,
        keys: Table,
        mistakes: list[str],
        looks: Looks,
    ) -> int:
        subjects.append(subject)
        opened.append((gallery, device, next(row.keys for row in keys if row.id == "quit")))
        told.append(mistakes)
        seen.append(looks)
        return 0

    monkeypatch.setattr("convscope.tui.commands.explore.why_not_here", lambda _: "")
    monkeypatch.setattr("convscope.tui.explorer.app.run_explorer", run_explorer)
    monkeypatch.delenv("CONVSCOPE_GALLERY")
    config.write_text(
        f'gallery = "{tmp_path}/mine"\ndevice = "cuda:3"\npreset = 7\n[keys]\nquit = "Q"'
    )
    cli.main([], standalone_mode=False)
    cli.main(["--device", "cpu", "--gallery", f"{tmp_path}/typed"], standalone_mode=False)
    paper = 'theme = "paper"\n[themes.paper]\npanel = "#fff"'
    config.write_text(f'device = "abacus"\natlas = false\n{paper}')
    resnet = ("--model", "resnet50", "--normalize", "half")
    cli.main([*resnet, "--gallery", f"{tmp_path}/typed"], standalone_mode=False)
    assert subjects == [None, None, Subject("resnet50", Weights("IMAGENET1K_V2"), "half")]
    assert opened == [
        (tmp_path / "mine", "cuda:3", ("Q",)),
        (tmp_path / "typed", "cpu", ("Q",)),
        (tmp_path / "typed", "auto", ("q",)),
    ]
    assert seen == [Looks(), Looks(), Looks("paper", {"paper": {"panel": "#fff"}}, atlas=False)]
    first, again, abacus = capsys.readouterr().err.splitlines()
    assert first == again
    assert [[f"convscope: {sentence}" for sentence in each] for each in told[1:]] == [
        [again],
        [abacus],
    ]
    assert first.startswith(f"convscope: {config}, line 3: preset is ignored")
    assert abacus.startswith(f"convscope: {config}, line 1: device is ignored: There is no device")


def test_the_explorer_looks_into_what_was_typed_or_was_left_or_stands_in_the_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[Session | None, Subject | None]] = []
    monkeypatch.setattr("convscope.tui.commands.explore.why_not_here", lambda _: "")
    monkeypatch.setattr(
        "convscope.tui.explorer.app.run_explorer",
        lambda *_, session, subject, **__: opened.append((session, subject)),
    )
    resnet = Subject("resnet50", Weights("IMAGENET1K_V1"))
    cli.main([], standalone_mode=False)
    config.write_text('model = "resnet50"\nweights = "IMAGENET1K_V1"')
    cli.main([], standalone_mode=False)
    cli.main(["--model", "resnet18"], standalone_mode=False)
    cli.main(["--weights", "DEFAULT"], standalone_mode=False)
    left = Session(model="vgg16", layer="conv5_1", channels=[0] * 13, recipe=PRESETS["crisp"])
    save_session(state_folder(), left)
    cli.main([], standalone_mode=False)
    assert opened == [
        (None, None),
        (None, resnet),
        (None, Subject("resnet18", Weights("IMAGENET1K_V1"))),
        (None, Subject("resnet50", Weights("IMAGENET1K_V2"))),
        (left, None),
    ]


def test_weights_of_the_file_that_are_gone_are_named_with_their_line(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convscope.tui.commands.explore.why_not_here", lambda _: "")
    config.write_text('model = "resnet50"\nweights = "gone.pth"')
    with pytest.raises(UserError, match=rf"^{config}, line 2: The weights file .*gone\.pth"):
        cli.main([], standalone_mode=False)
    with pytest.raises(UserError, match=r"^The weights file .*typed\.pth"):
        cli.main(["--weights", "typed.pth"], standalone_mode=False)


@pytest.mark.parametrize(
    ("typed", "written", "is_low"),
    [
        ([], "", False),
        (["--low-bandwidth"], "", True),
        ([], "low_bandwidth = true", True),
        (["--low-bandwidth"], "low_bandwidth = false", True),
        ([], "low_bandwidth = false", False),
    ],
)
def test_bandwidth_is_saved_where_a_flag_or_the_file_asks_for_it(
    typed: list[str], written: str, is_low: bool, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Looks] = []
    monkeypatch.setattr("convscope.tui.commands.explore.why_not_here", lambda _: "")
    monkeypatch.setattr(
        "convscope.tui.explorer.app.run_explorer", lambda *_, looks, **__: seen.append(looks)
    )
    config.write_text(written)
    cli.main(typed, standalone_mode=False)
    assert seen == [Looks(low_bandwidth=is_low)]


def test_the_help_reads_no_config_file() -> None:
    program = (
        "from convscope.tui.commands.cli import cli; cli.main(['--help'], standalone_mode=False)\n"
        "import sys; unwanted = {'convscope.core.system.config', 'tomllib'}\n"
        "sys.exit(not unwanted.isdisjoint(sys.modules))"
    )
    subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=True)
