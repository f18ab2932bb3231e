"""What libraries say of a device, in their own words, and what a person is told of it."""

import pytest
import torch

from convscope.core.networks.device_errors import DeviceTakenError, is_out_of_memory
from convscope.core.networks.device_trial import tried
from convscope.core.system.errors import UserError

CPU, GPU = torch.device("cpu"), torch.device("cuda")
LITTLE, PLENTY = 100 * 2**20, 20 * 2**30

ALWAYS = [
    torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB "
        "of which 1.05 GiB is free."
    ),
    torch.AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
    RuntimeError("CUDA driver error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError(
        "GET was unable to find an engine to execute this computation; cuDNN error: "
        "CUDNN_STATUS_ALLOC_FAILED"
    ),
    RuntimeError("cuFFT error: CUFFT_ALLOC_FAILED"),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 5.56 GB, other allocations: 1.10 GB, max "
        "allowed: 6.80 GB). Tried to allocate 768.00 MB on private pool."
    ),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 116813856768 bytes. Error code 12 (Cannot allocate memory)"
    ),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] data. DefaultCPUAllocator: not enough memory: you "
        "tried to allocate 31850496000 bytes."
    ),
]
WHERE_LITTLE_IS_FREE = [
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR\nYou can try to repro this exception"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed in"),
    RuntimeError("GET was unable to find an engine to execute this computation"),
    RuntimeError("FIND was unable to find an engine to execute this computation"),
    RuntimeError("cuFFT error: CUFFT_INTERNAL_ERROR"),
]
NEVER = [
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (1x25088 and 512x10)"),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("cuDNN error: CUDNN_STATUS_BAD_PARAM"),
    RuntimeError("Expected all tensors to be on the same device"),
]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch):
    """Let the driver say that so many bytes are free, or fail."""

    def put(answer: int | Exception) -> None:
        def mem_get_info(_: torch.device) -> tuple[int, int]:
            if isinstance(answer, Exception):
                raise answer
            return answer, 24 * 2**30

        monkeypatch.setattr("torch.cuda.mem_get_info", mem_get_info)

    return put


@pytest.mark.parametrize("error", ALWAYS, ids=str)
@pytest.mark.parametrize("device", [CPU, GPU], ids=str)
def test_each_librarys_words_for_too_little_memory_are_known(error, device, free) -> None:
    free(PLENTY)
    assert is_out_of_memory(error, device)


@pytest.mark.parametrize("error", WHERE_LITTLE_IS_FREE, ids=str)
def test_what_may_have_other_causes_counts_where_a_gpu_is_nearly_full(error, free) -> None:
    free(LITTLE)
    assert is_out_of_memory(error, GPU)
    assert not is_out_of_memory(error, CPU)
    free(PLENTY)
    assert not is_out_of_memory(error, GPU)
    free(torch.AcceleratorError("CUDA error: an illegal memory access was encountered"))
    assert not is_out_of_memory(error, GPU), "the driver answers nothing any more"


@pytest.mark.parametrize("error", NEVER, ids=str)
def test_other_failures_are_not_taken_for_too_little_memory(error, free) -> None:
    free(LITTLE)
    assert not is_out_of_memory(error, GPU)


# ---- a device that is tried out ----------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Let every convolution fail."""

    def put(error: Exception) -> None:
        def conv2d(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("torch.nn.functional.conv2d", conv2d)

    return put


def test_a_device_that_computes_is_described() -> None:
    assert tried("cpu").kind == "cpu"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            torch.AcceleratorError(
                "CUDA error: no kernel image is available for execution on the device\nSearch for "
                "`cudaErrorNoKernelImageForDevice' in https://docs.nvidia.com/cuda"
            ),
            "(no kernel image is available for execution on the device)",
        ),
        (
            RuntimeError("cuDNN error: CUDNN_STATUS_ARCH_MISMATCH"),
            "(cuDNN error: CUDNN_STATUS_ARCH_MISMATCH)",
        ),
        (RuntimeError("\x1b[2Jsystem not yet initialized."), r"(\x1b[2Jsystem not yet"),
    ],
)
def test_a_device_that_torch_cannot_use_is_refused_in_one_sentence(failing, error, why) -> None:
    failing(error)
    with pytest.raises(UserError) as caught:
        tried("cpu")
    said, name = str(caught.value), tried.__globals__["describe"]("cpu").name
    assert said.startswith(f"torch {torch.__version__} cannot compute on {name[:30]}")
    assert why in said
    assert "; install a build of torch that supports it, or choose --device cpu" in said
    assert said.isprintable()
    assert len(said) < 400
    assert caught.value.about == "device"


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nSearch for more",
        "CUDA error: all CUDA-capable devices are busy or unavailable",
        "CUDA error: out of memory",
    ],
)
def test_a_device_that_others_have_is_another_matter(failing, words) -> None:
    failing(RuntimeError(words))
    with pytest.raises(DeviceTakenError, match="wait until they have ended, or choose another"):
        tried("cpu")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            RuntimeError(
                "The NVIDIA driver on your system is too old (found version 11040). Please update "
                "your GPU driver by downloading and installing a new version"
            ),
            " (The NVIDIA driver on your system is too old (found version 11040))",
        ),
        (
            AssertionError("Torch not compiled with CUDA enabled"),
            " (Torch not compiled with CUDA enabled)",
        ),
    ],
)
def test_why_torch_sees_no_gpu_is_said(monkeypatch, error, why) -> None:
    def init() -> None:
        raise error

    monkeypatch.setattr("torch.cuda.init", init)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)  # as the driver's own library counts
    with pytest.raises(UserError) as caught:
        tried("cuda")
    assert f"There is no device cuda: torch sees 0 CUDA devices{why}; name another" in str(
        caught.value
    )


def test_a_gpu_that_is_busy_as_torch_begins_is_taken(monkeypatch) -> None:
    def init() -> None:
        raise RuntimeError("CUDA error: CUDA-capable device(s) is/are busy or unavailable")

    monkeypatch.setattr("torch.cuda.init", init)
    with pytest.raises(DeviceTakenError, match="using cuda:1 "):
        tried("cuda:1")
