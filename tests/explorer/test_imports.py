"""The explorer starts fast: what it must never import."""

import subprocess
import sys


def test_the_explorer_imports_no_torch_and_no_numpy():
    code = "import sys, convscope.tui.explorer.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "textual" in loaded
    assert not {"torch", "torchvision", "numpy", "safetensors"} & set(loaded)
