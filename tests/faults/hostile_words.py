"""Random command lines and environments: plausible, broken and hostile, by a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

PATHS = (
    "picture.png", "plain.png", "cut.png", "huge.png", "pipe.png", "folder.png", "loop.png",
    "notes.txt", "axis.npy", "missing.png", "~nobody-here/x.png", "~", "", ".", "/proc",
    "/dev/zero", "/dev/null", "/proc/self/mem", "/proc/nowhere/x.png", "x" * 300, "x" * 5000,
    "a/" * 2500, "\udcff.png", "\x1b[2J\u202e.png", "--help", "-", "é…", "a\nb.png",
    "notes.txt/below.png",
)  # fmt: skip
"""Most of these are made by :func:`tests.faults.hostile_places.furnish`."""

NUMBERS = (
    "1",
    "2",
    "16",
    "0",
    "-1",
    "-0",
    "1e9",
    "nan",
    "inf",
    "0x10",
    "1_6",
    "٣",
    "9" * 400,
    "",
    "x",
)
WORDS = (
    "", "classic", "draft", "crisp", "no such", "embedded", "IMAGENET1K_V9", "cpu", "cuda:99",
    "cuda:", "auto", "channel", "direction", "neuron", "pre", "post", "adam", "sgd", "pixels",
    "2x2", "0x5", "999x999", "2x", "jitter=4", "jitter", "rotation=nan", "none", "float32", "kitty",
    "half-blocks", "\x1b]0;title\x07", "\udcfe", "[red]", "{}", "%s", "=", "--", "💥", "x" * 3000,
)  # fmt: skip
TARGETS = (
    "conv1_1:0", "conv1_1:0-3", "conv1_1:63", "features.0:1", "vgg16/conv1_1:2", "conv1_2:5,7",
    "conv1_1:64", "conv9_9:1", "conv1_1", "conv1_1:", ":1", "conv1_1:3-1", "conv1_1:-1", "x/y:1",
    "conv1_1:1,,2", "conv1_1:٣", "conv1_1:" + "9" * 400, "conv1_1:0-" + "9" * 30, "", "*", ":", "/",
    "conv1_1:1 conv1_1:1", "\x1b[2J:1", "\udcff:1", "nn" * 2000, "lenet5/fc:1",
)  # fmt: skip

VALUES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "--preset": (("classic", "draft", "crisp"), WORDS),
    "--lr": (("0.05", "1", "1e-9", "1e30"), NUMBERS),
    "--seed": (("0", "7", "4294967296"), NUMBERS),
    "--start": (("-1", "0.5"), NUMBERS),
    "--objective": (("channel", "unreachable", "neuron", "direction"), WORDS),
    "--direction": (("axis.npy",), PATHS),
    "--tap": (("pre", "post"), WORDS),
    "--restarts": (("1", "2"), NUMBERS),
    "--variants": (("1", "2"), NUMBERS),
    "--diversity": (("0", "1"), NUMBERS),
    "--parameterization": (("fourier", "pixels", "bounded"), WORDS),
    "--optimizer": (("adam", "sgd", "rmsprop"), WORDS),
    "--transforms": (("none", "jitter=4", "jitter=2,rotation=5,scale=0.05"), WORDS),
    "--tv": (("0", "500"), NUMBERS),
    "--l2": (("0", "500"), NUMBERS),
    "--precision": (("auto", "float32", "bfloat16"), WORDS),
    "--weights": (("embedded",), (*PATHS, *WORDS)),
    "--gallery": (("there", "~/new"), PATHS),
    "--steps": (("1",), NUMBERS[2:]),
    "--resolution": (("16", "17"), NUMBERS),
    "--device": (("cpu", "auto"), WORDS),
    "--grid": (("1x2", "2x2"), WORDS),
    "--name": (("a name",), WORDS),
    "--model": (("vgg16",), WORDS),
    "--labels": ((), PATHS),
    "--output": (("out.png", "picture.png"), PATHS),
    "--graphics": (("kitty",), WORDS),
    "--patience": (("1",), NUMBERS),
    "--out": (("page.html",), PATHS),
    "--photo": (("plain.png",), PATHS),
    "--top": (("1", "9"), NUMBERS),
    "--exemplars": ((), WORDS),
}
"""For each option values that fit, and others."""
MAKING = tuple(VALUES)[:21]
FLAGS = (
    "--json", "--force", "--first", "--no-start", "--follow", "--low-bandwidth", "--now", "--help",
    "--version", "-h", "-", "--", "--no-such-option", "-x", "--json=1", "---", "--=", "-\udcff",
)  # fmt: skip
TINY = ("--steps", "1", "--resolution", "16", "--device", "cpu")
"""What keeps a picture quick."""


@dataclass(frozen=True)
class Shape:
    """A command, and what may stand behind it."""

    words: str
    places: tuple[Sequence[str], Sequence[str]] = ((), ())
    """What it takes: words that fit, and others."""
    options: Sequence[str] = ()
    flags: Sequence[str] = ("--json",)
    tail: Sequence[str] = ()


_FEW = (TARGETS[:6], TARGETS)
_BATCHES = (("1", "2", "1"), NUMBERS)
SHAPES = (
    Shape("render", _FEW, MAKING, ("--json", "--force"), TINY),
    Shape("sheet", _FEW, (*MAKING, "--grid"), ("--json", "--force"), TINY),
    Shape("queue add", _FEW, (*MAKING, "--name"), ("--first", "--no-start", "--json"), TINY),
    Shape(
        "atlas",
        (("conv1_1", "conv1_1:0-3", "conv1_1:"), TARGETS),
        ("--out", "--photo", "--top", "--exemplars", "--preset", "--gallery", "--device"),
        ("--json", "--no-exemplars"),
        ("--out", "page.html"),
    ),
    Shape("inspect", (("picture.png",), PATHS)),
    Shape("reproduce", (("picture.png",), PATHS), ("--output", "--device"), ("--force",)),
    *(Shape(f"queue {name}", _BATCHES) for name in ("show", "wait")),
    *(
        Shape(f"queue {name}", _BATCHES, (), ("--no-start",))
        for name in ("pause", "resume", "cancel", "retry", "first")
    ),
    *(Shape(name) for name in ("queue", "queue list", "worker", "worker status", "worker nothing")),
    Shape("layers", (("resnet18",), WORDS), ("--model",), ("--json", "--all")),
    Shape("networks", (("resnet18",), WORDS)),
    Shape("worker start", ((), ()), ("--device",), ()),
    Shape("worker stop", ((), ()), ("--patience",), ("--now",)),
    Shape("completion", (("bash", "zsh", "fish"), WORDS)),
    Shape("doctor", ((), ()), ("--gallery",), ("--json",), ("--device", "none")),
    Shape("", ((), WORDS), ("--gallery", "--device", "--graphics"), ("--low-bandwidth",)),
)


def line(random: Random) -> list[str]:
    """Return the arguments of a command line: most of its words fit."""
    # Making is what has most options, and what a person does.
    shape = random.choice(SHAPES[:3] if random.random() < 0.4 else SHAPES)
    words = shape.words.split()
    fitting, others = shape.places
    for _ in range(random.choice((0, 1, 1, 1, 1, 2, 3))):
        words += _drawn(random, fitting, others)
    words += shape.tail
    for name in random.sample(shape.options, k=min(len(shape.options), random.randint(0, 3))):
        words += _option(random, name)
    if random.random() < 0.3:
        words += random.choices(shape.flags or FLAGS)
    if random.random() < 0.15:
        words.insert(random.randint(0, len(words)), random.choice((*FLAGS, *WORDS, *PATHS)))
    if random.random() < 0.05:
        random.shuffle(words)
    return words


def _drawn(random: Random, fitting: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return a word that fits, two times of three, or another; none where there is none."""
    found = fitting if random.random() < 0.67 else others
    return [random.choice(found)] if found else []


def _option(random: Random, name: str) -> list[str]:
    values = _drawn(random, *VALUES.get(name, ((), ())))
    if name == "--start":
        values += _drawn(random, *VALUES[name])
    if values and random.random() < 0.2:
        return [f"{name}={values[0]}", *values[1:]]
    return [name, *values]


FOLDERS = (
    None, "", "there", "missing/deep", "notes.txt", "pipe.png", "relative", "/dev/null", "/proc/x",
    "~", "~/x", "~nobody-here/x", "x" * 300, "/" + "y" * 5000, "\udcff", "\x1b[2J", "loop.png",
    "forbidden", " ",
)  # fmt: skip
"""Values of variables that name a folder; those in :data:`BELOW` are made absolute."""
BELOW = ("there", "missing/deep", "notes.txt", "pipe.png", "loop.png", "forbidden")
SIDES = (None, "", "0", "-1", "80", "1", "9" * 20, "²", "a", " 80")
VARIABLES: dict[str, Sequence[str | None]] = {
    "HOME": FOLDERS,
    "TMPDIR": FOLDERS,
    "XDG_CONFIG_HOME": FOLDERS,
    "XDG_STATE_HOME": FOLDERS,
    "XDG_CACHE_HOME": FOLDERS,
    "CONVSCOPE_STATE": FOLDERS,
    "CONVSCOPE_GALLERY": FOLDERS,
    "CONVSCOPE_CONFIG": (*FOLDERS, "wrong.toml"),
    "LANG": (None, "", "C", "POSIX", "C.UTF-8", "en_US.ISO-8859-1", "xx.no", "\udcff", "x" * 300),
    "LC_ALL": (None, "", "C", "C.UTF-8", "en_US.ISO-8859-1", "tr_TR.UTF-8", "\udcff"),
    "PYTHONIOENCODING": (None, None, "ascii", "latin-1", "ascii:strict", ":strict"),
    "PYTHONUTF8": (None, None, "0", "1"),
    "PYTHONCOERCECLOCALE": (None, "0"),
    "TERM": (None, "", "dumb", "unknown", "xterm-kitty", "vt100", "\x1b[2J", "x" * 5000),
    "COLUMNS": SIDES,
    "LINES": SIDES,
    "COLORTERM": (None, "", "truecolor", "\udcff"),
    "NO_COLOR": (None, "", "1"),
    "TMUX": (None, "", "x"),
    "SSH_TTY": (None, "/dev/nothing"),
    "TERM_PROGRAM": (None, "ghostty", "Apple_Terminal", "\udcff"),
    "TZ": (None, "", "No/Where", ":" + "x" * 500),
}  # fmt: skip
WORKING_FOLDERS = ("usual", "usual", "usual", "deleted", "deep", "forbidden", "root", "proc")
QUICK_LINES = (
    "", "layers", "layers --json", "--help", "render --help", "--version", "queue", "worker",
    "inspect picture.png", "inspect é…", "queue add conv1_1:0 --no-start", "queue wait 7",
    "render conv9_9:1", "render conv1_1:0 --weights no.pth", "worker stop", "completion zsh",
)  # fmt: skip
SLOW_LINES = ("doctor --device cpu", "render conv1_1:0 --steps 1 --resolution 16 --device cpu")


@dataclass(frozen=True)
class Situation:
    """What a command finds itself in."""

    line: str
    variables: dict[str, str | None]
    """``None``: not set."""
    closed: tuple[int, ...]
    """Descriptors."""
    folder: str
    """One of :data:`WORKING_FOLDERS`."""
    in_terminal: bool


def situation(random: Random, here: Path) -> Situation:
    """Return a situation.

    Args:
        random: draws it.
        here: the folder that :func:`tests.faults.hostile_places.furnish` filled.
    """
    names = random.sample(tuple(VARIABLES), k=random.randint(1, 6))
    drawn = {name: random.choice(VARIABLES[name]) for name in names}
    in_terminal = random.random() < 0.15
    lines = SLOW_LINES if random.random() < 0.03 else QUICK_LINES
    return Situation(
        line="" if in_terminal else random.choice(lines),
        variables={
            name: str(here / value) if value in BELOW else value for name, value in drawn.items()
        },
        closed=() if in_terminal else tuple(n for n in range(3) if random.random() < 0.15),
        folder=random.choice(WORKING_FOLDERS),
        in_terminal=in_terminal,
    )
