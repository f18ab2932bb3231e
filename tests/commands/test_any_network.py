"""The commands look into any network: its layers, its weights, its classes."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models import get_model
from torchvision.transforms.functional import normalize, to_tensor

from convscope.core.catalog.networks import MAP_SIDE, network, networks
from convscope.core.catalog.published import published
from convscope.core.catalog.targets import Target
from convscope.core.gallery.pictures import read_record
from convscope.core.gallery.records import Record
from convscope.core.jobs.store import JobStore
from convscope.core.networks.architectures import torchvision_network
from tests.commands.test_completion import told
from tests.conftest import Ended
from tests.networks.checkpoints import embedded

Run = Callable[..., Ended]
DOGS = Path(__file__).parents[2].parent / "shared" / "checkpoints" / "mobilenet_v2-19-dogs.pth"
QUICK = ("--steps", "1", "--resolution", "64", "--device", "cpu")
long = partial(pytest.param, marks=pytest.mark.long)
needs_dogs = pytest.mark.skipif(not DOGS.exists(), reason="../shared/checkpoints is not here")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """torchvision's cache with weights of noise under the names of its own."""
    folder = tmp_path_factory.mktemp("torch")
    (folder / "hub" / "checkpoints").mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for model in ("resnet18", "mobilenet_v2"):
            state = get_model(model, weights=None).state_dict()
            torch.save(state, folder / "hub" / "checkpoints" / published(model)[0].file)
    return folder


@pytest.fixture(autouse=True)
def cached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(cache))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config" / "convscope" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def records(ended: Ended) -> list[Record]:
    assert ended.code == 0, ended.err
    return [read_record(Path(line)) for line in ended.lines]


# ---- targets and weights --------------------------------------------------------------------


def test_several_networks_are_made_in_one_command_each_with_its_own_weights(run_here: Run) -> None:
    targets = ("resnet18/layer1.0:3", "mobilenet_v2/features.17:0-1", "conv1_1:3")
    made = records(run_here("render", *targets, *QUICK))
    assert [(str(each.target), each.weights, each.normalization) for each in made] == [
        ("resnet18/layer1.0:3", published("resnet18")[0].name, "imagenet"),
        ("mobilenet_v2/features.17.conv.2:0", "IMAGENET1K_V2", "imagenet"),
        ("mobilenet_v2/features.17.conv.2:1", "IMAGENET1K_V2", "imagenet"),
        ("vgg16/conv1_1:3", "embedded", "caffe"),
    ]
    again = run_here("render", *targets, *QUICK, "--json")
    assert not any(picture["new"] for picture in json.loads(again.out)["pictures"])


def test_a_picture_of_any_network_is_reproduced(run_here: Run) -> None:
    (path,) = run_here("render", "resnet18/layer2:5", *QUICK).lines
    assert "equal in every pixel" in run_here("reproduce", path, "--device", "cpu").err


def test_the_model_is_what_targets_mean_that_name_none(run_here: Run, config: Path) -> None:
    (typed,) = records(run_here("render", "conv1:3", *QUICK, "--model", "resnet18"))
    config.write_text('model = "resnet18"')
    (configured,) = records(run_here("render", "conv1:3", *QUICK))
    assert typed.target == configured.target == Target("resnet18", "conv1", 3)
    assert run_here("layers").lines[-1] == "resnet18: 29 layers, 7,720 channels"


def test_weights_of_the_config_file_are_those_of_its_model(run_here: Run, config: Path) -> None:
    config.write_text('model = "resnet18"\nweights = "gone.pth"\n')
    missing = run_here("render", "conv1:3", *QUICK)
    assert missing.code == 2
    assert missing.err.startswith(f"convscope: {config}, line 2: The weights file")
    (other,) = records(run_here("render", "mobilenet_v2/features.0:3", *QUICK))
    assert other.weights == "IMAGENET1K_V2"
    absent = run_here("render", "resnet34/conv1:3", *QUICK)
    assert absent.err.startswith("convscope: torchvision's weights")
    config.write_text('model = "resnet50"\nweights = "IMAGENET1K_V2"\n')
    assert records(run_here("render", "vgg16/conv1_1:3", *QUICK))[0].weights == "embedded"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (("resnet81/conv1:3",), "no model 'resnet81'; there is resnet18"),
        (("conv1:3", "--model", "resnet81"), "no model 'resnet81'"),
        (("resnet18/layer5.0:3",), "the nearest are layer4.0"),
        (("resnet18/conv1:64",), "its channels are 0 to 63"),
        (("resnet18/conv1:3", "--weights", "IMAGENET1K_V2"), "names no weights of resnet18"),
        (("inception_v3/Mixed_7c:3", "--resolution", "64"), "choose a --resolution of 75 or more"),
        (("vgg16/fc8:3",), "choose others with --weights, such as IMAGENET1K_V1"),
        (("vgg16/fc6:3", "--weights", "IMAGENET1K_FEATURES"), "have no classifier that fits vgg16"),
        (("resnet18/fc:1000",), "fc has no channel 1000; its channels are 0 to 999"),
        (("resnet18/fc:golden retreiver",), "has no class 'golden retreiver'; did you mean golden"),
        (("resnet18/fc:retriever",), "did you mean flat-coated retriever, curly-coated retriever"),
        (("resnet18/conv1:3", "conv1_1:3", "--weights", "w.pth"), "--weights is for one network"),
        (("resnet34/conv1:3",), "IMAGENET1K_V1 of resnet34 (87 MB) could not be downloaded"),
        (("resnet18/fc:3", "--labels", "gone.txt"), "The file of --labels gone.txt cannot be read"),
    ],
)
def test_a_mistake_is_one_sentence(run_here: Run, line: tuple[str, ...], sentence: str) -> None:
    ended = run_here("render", "--steps", "1", "--device", "cpu", *line)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert len(ended.err.splitlines()) == 1


def test_jobs_of_any_network_are_queued_without_their_weights(run_cli: Run, tmp_path: Path) -> None:
    ended = run_cli(
        "queue", "add", "efficientnet_v2_l/features.8:3", "resnet34/fc:tench", "--no-start"
    )
    assert (ended.code, ended.out) == (0, "1\n")
    tasks = [job.task for job in JobStore(tmp_path / "state").jobs(batch=1)]
    assert [(str(each.target), each.normalization) for each in tasks] == [
        ("efficientnet_v2_l/features.8.0:3", "half"),
        ("resnet34/fc:0", ""),
    ]


# ---- classes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("golden retriever", [207]),
        ("Golden_Retriever", [207]),
        ("golden_retriever,3,tench", [207, 3, 0]),
        ("jack o lantern", [607]),
        ("Cardigan", [264]),
        ("cardigan", [474]),
        ("CARDIGAN", [264, 474]),
    ],
)
def test_classes_are_named(typed: str, numbers: list[int], run_cli: Run, tmp_path: Path) -> None:
    run_cli("queue", "add", f"resnet18/fc:{typed}", "--no-start")
    jobs = JobStore(tmp_path / "state").jobs(batch=1)
    assert [job.task.channel for job in jobs] == numbers


def test_a_picture_of_a_class_tells_its_name(run_here: Run, gallery: Path) -> None:
    ended = run_here("sheet", "resnet18/fc:tench", "--grid", "1x2", *QUICK)
    assert ended.code == 0
    (first, _) = sorted(gallery.rglob("fc-0*[0-9a-f].png"))[:2]
    assert ["class", "tench"] in [line.split() for line in run_here("inspect", str(first)).lines]


@needs_dogs
def test_a_checkpoint_of_ones_own_has_its_own_classes(run_here: Run, tmp_path: Path) -> None:
    breeds = tmp_path / "breeds.txt"
    breeds.write_text("".join(f"breed {number}, small\n" for number in range(19)))
    line = ("render", "--weights", str(DOGS), "--model", "mobilenet_v2", *QUICK)
    doubted = run_here(*line, "features.0:3")
    assert "--normalize half would fit" in doubted.err
    line = (*line, "--normalize", "half")
    assert "its channels are 0 to 18" in run_here(*line, "classifier:19").err
    assert "are not known; write numbers" in run_here(*line, "classifier:husky").err
    labels = ("--labels", str(breeds))
    ended = run_here(*line, "classifier:breed_13_small", "classifier:breed 2, small", *labels)
    assert [each.channel for each in records(ended)] == [13, 2]
    shown = run_here("inspect", ended.lines[0], *labels).lines
    assert ["class", "breed", "13,", "small"] in [each.split() for each in shown]
    breeds.write_text("one\ntwo\n")
    assert "names 2 classes, but the network has 19" in run_here(*line, "classifier:3", *labels).err


@pytest.mark.parametrize(("model", "layer"), [long("alexnet", "classifier.1"), ("resnet18", "fc")])
def test_a_file_without_the_layer_is_refused_before_it_is_queued(
    run_here: Run, tmp_path: Path, model: str, layer: str
) -> None:
    state = torchvision_network(model).state_dict()
    trunk = {
        key: torch.full(each.shape, 0.01)
        for key, each in state.items()
        if not key.startswith(("fc.", "classifier.")) and "num_batches" not in key
    }
    torch.save(trunk, tmp_path / "trunk.pth")
    line = ("queue", "add", "--no-start", "--weights", "trunk.pth", "--device", "cpu")
    ended = run_here(*line, f"{model}/{layer}:3")
    assert (ended.code, ended.out) == (2, "")
    assert f"trunk.pth have no classifier that fits {model}" in ended.err
    assert not JobStore(tmp_path / "state").jobs()
    first = networks()[model].layers[0].name
    assert run_here(*line, f"{model}/{first}:3").code == 0


@pytest.mark.long
def test_vgg16_s_classifier_is_examined_before_it_is_queued(
    run_here: Run, run_cli: Run, tmp_path: Path
) -> None:
    line = ("queue", "add", "--no-start", "--weights", "w.pth", "vgg16/fc8:207", "vgg16/fc7:0")
    torch.save(embedded(), tmp_path / "w.pth")
    refused = run_cli(*line)
    assert (refused.code, refused.out) == (2, "")
    assert "w.pth have no classifier that fits vgg16" in refused.err
    assert "such as IMAGENET1K_V1" in refused.err
    head = {
        key: torch.zeros(()).expand(each.shape)
        for key, each in torchvision_network("vgg16", 208).state_dict().items()
        if key.startswith("classifier.")
    }
    torch.save(embedded() | head, tmp_path / "w.pth")
    assert run_cli(*line).code == 0
    assert "its channels are 0 to 207" in run_cli(*line, "fc8:208").err


def test_the_last_layer_of_a_network_without_classes_is_one_like_the_others(
    run_here: Run, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def build():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))\n"
    )
    line = ("--model", "net.py:build", "2:3-4", "--device", "cpu", *QUICK)
    assert len(records(run_here("render", *line))) == 2
    assert len(run_here("sheet", *line).lines) == 1


# ---- what there is --------------------------------------------------------------------------


def test_networks_lists_all_and_the_facts_of_one(run_cli: Run) -> None:
    lines = [line.split() for line in run_cli("networks").lines]
    assert ["resnet18", "29", "7,720", "224", "px", "here"] in lines
    assert ["resnet34", "53", "13,288", "224", "px", "87", "MB", "to", "download"] in lines
    assert [line[0] for line in lines[1:-2]] == list(networks())
    shown = run_cli("networks", "vgg16").lines
    assert [line.split() for line in shown][-5:-2] == [
        ["embedded", "here", "caffe"],
        ["IMAGENET1K_V1", "553", "MB", "to", "download", "imagenet"],
        ["IMAGENET1K_FEATURES", "553", "MB", "to", "download", "caffe"],
    ]
    document = json.loads(run_cli("networks", "inception_v3", "--json").out)
    assert document["weights"][0]["megabytes"] == 108.9
    assert (document["smallest_input"], document["classifier"]) == (75, "fc")
    assert len(json.loads(run_cli("networks", "--json").out)["networks"]) == 68


def test_of_many_layers_the_outputs_of_blocks_are_listed(run_cli: Run) -> None:
    few = run_cli("layers", "resnet50").lines
    every = run_cli("layers", "resnet50", "--all").lines
    assert (len(few), len(every)) == (1 + 18 + 3, 1 + 70 + 2)
    assert "convscope layers resnet50 --all lists all" in few[-2]
    assert ["layer3.5", "sum", "1,024", "16", "px", "267", "px", "layer3.5"] in [
        line.split() for line in few
    ]
    assert len(json.loads(run_cli("layers", "resnet50", "--json").out)["layers"]) == 70
    assert "7 px, gated" in run_cli("layers", "efficientnet_b0").out
    both = run_cli("layers", "resnet50", "--model", "vgg16")
    assert (both.code, both.out) == (2, "")
    assert "Two networks were named" in both.err


def test_doctor_names_the_weights_that_are_here(run_here: Run) -> None:
    checks = json.loads(run_here("doctor", "--device", "cpu", "--json").out)["checks"]
    (_, found) = [check["detail"] for check in checks if check["name"] == "weights"]
    assert found.startswith("IMAGENET1K_V2 of mobilenet_v2, IMAGENET1K_V1 of resnet18 in ")


@pytest.mark.parametrize(
    ("typed", "state", "said"),
    [
        ((), "", ""),
        (("--model", "resnet18"), "ok", "resnet18: IMAGENET1K_V1 is here, 1,000 classes"),
        long(("--model", "resnet34"), "advice", "resnet34: IMAGENET1K_V1 is not here, 87 MB"),
        long(("--model", "resnet81"), "problem", "There is no model 'resnet81'"),
        (("--weights", "gone.pth"), "problem", "The weights file"),
        pytest.param(
            ("--model", "mobilenet_v2", "--weights", str(DOGS)),
            "advice",
            "--normalize imagenet is assumed for",
            marks=(needs_dogs, pytest.mark.long),
        ),
        pytest.param(
            ("--model", "mobilenet_v2", "--weights", str(DOGS), "--normalize", "half"),
            "ok",
            "mobilenet_v2-19-dogs.pth can be used, 19 classes, normalize half",
            marks=needs_dogs,
        ),
    ],
)
def test_doctor_says_whether_the_chosen_networks_weights_are_here(
    run_here: Run, typed: tuple[str, ...], state: str, said: str
) -> None:
    ended = run_here("doctor", "--device", "cpu", "--json", *typed)
    checks = json.loads(ended.out)["checks"]
    found = [check for check in checks if check["name"] == "network"]
    assert [check["state"] for check in found] == ([state] if state else [])
    assert all(said in check["detail"] for check in found)
    assert ended.code == (state == "problem")
    assert len(checks) > 9, "the other checks go on"


@pytest.mark.long
def test_doctor_examines_the_network_of_the_config_file(run_here: Run, config: Path) -> None:
    config.write_text('model = "resnet18"\nweights = "gone.pth"\n')
    (found,) = [
        check
        for check in json.loads(run_here("doctor", "--device", "cpu", "--json").out)["checks"]
        if check["name"] == "network"
    ]
    assert found["detail"].startswith(f"{config}, line 2: The weights file ")
    config.write_text('model = "resnet18"\n')
    assert "resnet18: IMAGENET1K_V1 is here" in run_here("doctor", "--device", "cpu").out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("resnet50/layer4.2.c", ["resnet50/layer4.2.conv1:", "resnet50/layer4.2.conv2:"]),
        ("--model resnet50 layer4.2.c", ["layer4.2.conv1:", "layer4.2.conv2:"]),
        ("resnet50/fc:golden_r", ["resnet50/fc:golden_retriever"]),
        ("--model resnet50 fc:3,Gol", ["fc:3,goldfish", "fc:3,goldfinch"]),
        ("--model resnet5", ["resnet50"]),
        ("resnet50/fc:207 --weights IMAGENET1K_", ["IMAGENET1K_V2", "IMAGENET1K_V1"]),
        ("resnet5", ["resnet50/"]),
    ],
)
def test_a_shell_is_told_names_of_any_network(
    typed: str, expected: list[str], run_cli: Run
) -> None:
    words = [word for _, word, _ in told(run_cli, f"convscope render {typed}")]
    assert words[: len(expected)] == expected


# ---- drafts ---------------------------------------------------------------------------------


def test_drafts_are_as_large_as_their_layer_needs(run_here: Run) -> None:
    line = ("render", "resnet18/conv1:3", "resnet18/fc:3", "--preset", "draft", "--steps", "1")
    assert [each.recipe.resolution for each in records(run_here(*line))] == [32, 128]
    (typed,) = records(run_here(*line[:2], *line[3:], "--resolution", "40"))
    assert typed.recipe.resolution == 40


@pytest.mark.long
@pytest.mark.parametrize("model", networks())
def test_a_draft_has_a_map_of_four_by_four(model: str) -> None:
    found, module = network(model), torchvision_network(model).to("meta").eval()
    shapes: dict[str, torch.Size] = {}
    for name, part in module.named_modules():
        part.register_forward_hook(lambda _, __, out, name=name: shapes.update({name: out.shape}))
    sides = {layer.node: found.draft_side(layer) for layer in found.layers if layer.kind != "fc"}
    for side in {*sides.values()}:
        with torch.no_grad():
            module(torch.empty(1, 3, side, side, device="meta"))
        for layer in found.layers:
            if sides.get(layer.node) == side and layer.kind != "pointwise":
                assert min(shapes[layer.node][2:]) >= MAP_SIDE, layer


# ---- a checkpoint of the field --------------------------------------------------------------


@needs_dogs
@pytest.mark.long
def test_pictures_of_a_fine_tuned_network_excite_what_they_are_of(run_here: Run) -> None:
    line = ("render", "--weights", str(DOGS), "--normalize", "half", "--device", "cpu")
    made = records(run_here(*line, "mobilenet_v2/features.17:0-1"))
    assert [each.verdict for each in made] == ["excited", "excited"]
    (path,) = run_here(*line, "mobilenet_v2/classifier:13", "--resolution", "160").lines
    model = get_model("mobilenet_v2", weights=None, num_classes=19).eval()
    model.load_state_dict(torch.load(DOGS, weights_only=True))
    image = normalize(to_tensor(Image.open(path).convert("RGB")), [0.5] * 3, [0.5] * 3)
    with torch.no_grad():
        scores = nn.functional.softmax(model(image[None])[0], dim=0)
    assert int(scores.argmax()) == 13
    assert float(scores[13]) > 0.9


def test_a_start_from_a_photo_goes_at_a_quarter_of_the_rate_that_suits_the_network(
    run_here: Run,
) -> None:
    photo = Path(__file__).parents[1] / "photos" / "cat.jpg"
    line = ("render", "resnet18/conv1:3", "--preset", "draft", "--steps", "1")
    (noise,) = records(run_here(*line))
    (found,) = records(run_here(*line, "--start-image", str(photo)))
    assert found.recipe.lr == pytest.approx(noise.recipe.lr / 4)
