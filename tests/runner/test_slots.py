"""The slots of a machine, told by a stand-in for NVIDIA's library that answers as the real one."""
# ruff: noqa: N802  the library's own names

import importlib
import subprocess
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import pytest

from convscope.core.runner.slots import Slot, find_slots, free_memory
from convscope.core.system.errors import UserError

A, B = "GPU-aaaaaaaa-1111-2222-3333-444444444444", "GPU-aabbbbbb-1111-2222-3333-444444444444"
M, N = "MIG-cccccccc-1111-2222-3333-444444444444", "MIG-dddddddd-1111-2222-3333-444444444444"
AUTO = [Slot("auto", "auto")]


class NVMLError(Exception):
    """Whatever goes wrong."""


@dataclass
class Gpu:
    uuid: str
    free: int = 0
    mode: list[int] | None = None
    """Current and pending MIG mode; None where the GPU does not know it."""
    instances: list["Gpu | None"] = field(default_factory=list)
    lost: bool = False


class Library(ModuleType):
    """The part of pynvml that is used: its names, argument and result types, and its errors."""

    NVML_DEVICE_MIG_ENABLE = 1
    NVMLError = NVMLError

    def __init__(self, gpus: list[Gpu], *, driver: bool = True) -> None:
        super().__init__("pynvml")
        self._gpus, self._driver, self._opened = gpus, driver, 0

    def nvmlInit(self) -> None:
        if not self._driver:
            raise NVMLError("NVML Shared Library Not Found")
        self._opened += 1

    def nvmlShutdown(self) -> None:
        self._opened -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self._of(self._gpus))

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Gpu:
        return self._there(self._of(self._gpus)[index])

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Gpu:
        parts = [part for gpu in self._of(self._gpus) for part in (gpu, *gpu.instances)]
        return self._there(next((part for part in parts if part and part.uuid == uuid), None))

    def nvmlDeviceGetUUID(self, handle: Gpu) -> str:
        return self._of(handle).uuid

    def nvmlDeviceGetMigMode(self, handle: Gpu) -> list[int]:
        if handle.mode is None:
            raise NVMLError("Not Supported")
        return handle.mode

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Gpu) -> int:
        return len(handle.instances)

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Gpu, index: int) -> Gpu:
        return self._there(handle.instances[index])

    def nvmlDeviceGetMemoryInfo(self, handle: Gpu) -> SimpleNamespace:
        return SimpleNamespace(total=2 * handle.free, free=handle.free, used=handle.free)

    def _of(self, thing):
        if not self._opened:
            raise NVMLError("Uninitialized")
        return thing

    @staticmethod
    def _there(gpu: Gpu | None) -> Gpu:
        if gpu is None or gpu.lost:
            raise NVMLError("Not Found")
        return gpu


@pytest.fixture(autouse=True)
def no_choice_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("CONVSCOPE_CPU_SLOTS", raising=False)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """Put the GPUs of a machine in place."""

    def install(*gpus: Gpu, driver: bool = True) -> Library:
        library = Library(list(gpus), driver=driver)
        monkeypatch.setitem(sys.modules, "pynvml", library)
        return library

    return install


def uuids(slots: list[Slot]) -> list[str]:
    return [slot.uuid for slot in slots]


def test_the_real_library_has_every_name_that_is_used() -> None:
    real = importlib.import_module("pynvml")
    names = [name for name in vars(Library) if name.lower().startswith("nvml")]
    assert len(names) == 12
    assert [name for name in names if not hasattr(real, name)] == []


def test_with_the_real_library_there_is_a_slot_on_any_machine() -> None:
    slots = find_slots("auto")
    assert slots == AUTO or all(slot.device == "cuda" and slot.uuid for slot in slots)


def test_every_gpu_is_a_slot_that_sees_only_itself(machine) -> None:
    machine(Gpu(A), Gpu(B, mode=[0, 1]))
    assert find_slots("auto") == [
        Slot(A, "cuda", {"CUDA_VISIBLE_DEVICES": A}, A),
        Slot(B, "cuda", {"CUDA_VISIBLE_DEVICES": B}, B),
    ]


def test_a_gpu_in_mig_mode_is_replaced_by_its_instances(machine) -> None:
    machine(Gpu(A, mode=[1, 1], instances=[Gpu(M), None, Gpu(N)]), Gpu(B))
    assert uuids(find_slots("auto")) == [M, N, B]


def test_a_lost_gpu_leaves_the_others_usable(machine) -> None:
    machine(Gpu(A, lost=True), Gpu(B))
    assert uuids(find_slots("auto")) == [B]


def test_without_a_gpu_or_a_driver_torch_chooses(machine) -> None:
    machine()
    assert find_slots("auto") == AUTO
    machine(Gpu(A), driver=False)
    assert find_slots("auto") == AUTO
    assert free_memory(Slot(A, "cuda", {}, A)) is None


def test_without_the_library_torch_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)  # importing it raises ImportError
    assert find_slots("auto") == AUTO
    assert free_memory(Slot(A, "cuda", {}, A)) is None


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (B, [B]),
        ("GPU-aab, GPU-aaa", [B, A]),
        (N, [N]),
    ],
)
def test_the_users_choice_by_uuid_is_kept(machine, monkeypatch, named, expected) -> None:
    machine(Gpu(A), Gpu(B), Gpu("GPU-e", mode=[1, 1], instances=[Gpu(M), Gpu(N)]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert uuids(find_slots("auto")) == expected


@pytest.mark.parametrize(
    ("named", "tokens"),
    [
        ("0", ["0"]),
        ("0,1", ["0", "1"]),
        (" 1 , 0 ", ["1", "0"]),
        ("+1,00", ["1", "0"]),
        # What is no device ends the list.
        ("1,-1,0", ["1"]),
        ("0,2,1", ["0"]),
        ("0,,1", ["0"]),
        ("1,NoDevFiles", ["1"]),
        (f"0,{B}", ["0"]),
        (f"{B},0", [B]),
        (f"{B},GPU-ff,{A}", [B]),
        (f"{B},GPU-a", [B]),
        # By UUID, as it is typed.
        ("GPU-aab,GPU-aaa", ["GPU-aab", "GPU-aaa"]),
        (f"{A}, {B}", [A, B]),
        ("MIG-GPU-aaaaaaaa-1111-2222-3333-444444444444/1/0", None),
    ],
)
def test_each_device_that_is_named_is_a_slot_that_sees_only_it(
    machine, monkeypatch, named, tokens
) -> None:
    machine(Gpu(A), Gpu(B))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    slots = find_slots("auto")
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in slots] == (tokens or [named])
    assert {slot.device for slot in slots} == {"cuda"}
    assert len({slot.name for slot in slots}) == len(slots)
    assert all(slot.is_nvidia and slot.name == slot.name.strip("/ ") for slot in slots)


@pytest.mark.parametrize(
    "named",
    [
        *("", " ", "-1", "NoDevFiles", "none", "2", "GPU-", "GPU-aa", "GPU-ff"),
        *("0,0", "1,0,01", f"{A},{A}", f"{A},GPU-aaa"),
    ],
)
def test_where_no_gpu_is_left_the_cpu_is_the_slot(machine, monkeypatch, named) -> None:
    machine(Gpu(A), Gpu(B))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert find_slots("auto") == AUTO


def test_numbers_are_left_to_cuda_where_nobody_can_count(machine, monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    machine(Gpu(A), Gpu(B), driver=False)
    assert find_slots("auto") == AUTO


def test_a_gpu_named_by_its_number_is_asked_for_its_memory_by_its_worker(
    machine, monkeypatch
) -> None:
    machine(Gpu(A, free=7 << 30), Gpu(B))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    (slot,) = find_slots("auto")
    assert slot == Slot("gpu-1", "cuda", {"CUDA_VISIBLE_DEVICES": "1"})
    assert free_memory(slot) is None


# ---- the CPU as several ----------------------------------------------------------------------


def test_the_cpu_is_as_many_slots_as_the_user_wants(machine, monkeypatch) -> None:
    machine()
    monkeypatch.setenv("CONVSCOPE_CPU_SLOTS", "3")
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    expected = [Slot(f"cpu-{i}", "cpu", {"OMP_NUM_THREADS": "2"}) for i in (1, 2, 3)]
    assert find_slots("cpu") == expected
    assert find_slots("auto") == expected, "there is no GPU"
    assert not expected[0].is_nvidia
    assert find_slots("mps") == [Slot("mps", "mps")]
    machine(Gpu(A))
    assert uuids(find_slots("auto")) == [A], "a GPU is not shared with the CPU"


@pytest.mark.parametrize(("told", "threads"), [("1", "1"), ("4", "4"), ("16", "4"), ("0", "4")])
def test_slots_of_the_cpu_never_have_more_threads_than_cores(monkeypatch, told, threads) -> None:
    monkeypatch.setenv("CONVSCOPE_CPU_SLOTS", "2")
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert [slot.environment["OMP_NUM_THREADS"] for slot in find_slots("cpu")] == [threads] * 2
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    assert [slot.environment["OMP_NUM_THREADS"] for slot in find_slots("cpu")] == ["1"] * 2


@pytest.mark.parametrize("told", ["0", "-1", "two", "1.5", "65", "9" * 5000])
def test_a_number_of_slots_that_is_none_is_refused(monkeypatch, told) -> None:
    monkeypatch.setenv("CONVSCOPE_CPU_SLOTS", told)
    with pytest.raises(UserError, match="set it to a number of workers from 1 to 64"):
        find_slots("cpu")


@pytest.mark.parametrize(
    ("device", "name"),
    [("cpu", "cpu"), ("mps", "mps"), ("cuda", "cuda"), ("cuda:1", "cuda-1")],
)
def test_a_named_device_is_one_slot_with_the_users_environment(machine, device, name) -> None:
    machine(Gpu(A), Gpu(B))
    assert find_slots(device) == [Slot(name, device)]


def test_the_free_memory_of_a_slot(machine) -> None:
    machine(Gpu(A, free=7 << 30), Gpu(B, mode=[1, 1], instances=[Gpu(M, free=5 << 30)]))
    first, second = find_slots("auto")
    assert (free_memory(first), free_memory(second)) == (7 << 30, 5 << 30)
    assert free_memory(Slot("cpu", "cpu")) is None
    assert free_memory(Slot("gone", "cuda", {}, "GPU-gone")) is None


def test_the_library_is_closed_after_use(machine) -> None:
    library = machine(Gpu(A, lost=True))
    find_slots("auto")
    free_memory(Slot(A, "cuda", {}, A))
    assert library._opened == 0


def test_neither_torch_nor_the_driver_is_loaded_by_importing() -> None:
    code = (
        "import sys, convscope.core.runner.slots, convscope.core.runner.logout; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"torch", "numpy", "pynvml"} & set(loaded.stdout.split())
