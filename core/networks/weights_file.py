"""Reading a file of weights as torch.save and safetensors write them, known by its content.

No code of a file is ever run. Where training scripts put objects of their own beside the tensors,
such as their arguments or numbers of NumPy, something inert takes the place of each.
"""

import os
import pickle
import pickletools
import re
import sys
import warnings
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from safetensors.torch import load_file

from convscope.core.networks.device_errors import is_out_of_memory
from convscope.core.system.errors import UserError
from convscope.core.system.named_files import open_regular
from convscope.core.system.text import printable

_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
"""What torch.save wrote first before it wrote zip archives, in a pickle of its own."""
_NEW_PROTOCOLS = (4, 5)
"""Of pickles: torch reads them only by running what they name."""

_HEADER_LIMIT = 2**27
"""Largest header in bytes that safetensors accepts; a file that gives more is text."""
_LEGACY_LIMIT = 2**26
"""Bytes of such a file that are searched for its pickles, which come first."""

_DOWNLOAD = "download it again"
_SAVE_STATE = "save model.state_dict() alone, with torch.save or as .safetensors"
_CONVERT = "save its weights as a PyTorch state dict or as .safetensors"
_OTHERS = (
    (b"<", "a web page or XML, not weights", _DOWNLOAD),
    (b"version https://git-lfs", "only a pointer of Git LFS", "fetch the file with git lfs pull"),
    (b"\x89HDF", "an HDF5 file, as Keras writes", _CONVERT),
    (b"\x93NUMPY", "an array of NumPy", _CONVERT),
    (b"GGUF", "a GGUF file", _CONVERT),
    (b"\x08", "an ONNX or TensorFlow graph", _CONVERT),
    (b"\x1f\x8b", "packed by gzip", "unpack it"),
    (b"BZh", "packed by bzip2", "unpack it"),
    (b"\xfd7zXZ", "packed by xz", "unpack it"),
    (b"7z\xbc\xaf", "packed by 7-Zip", "unpack it"),
)
"""The first bytes of files that are mistaken for weights, what they are, and what to do."""

_MODULES = (
    "__future__ _codecs argparse collections copyreg datetime decimal enum fractions pathlib "
    "types typing uuid"
)
_BUILTINS = "complex dict frozenset list object range set slice tuple"
"""What of Python's own training scripts save. The rest of it, such as what runs commands, has no
business beside weights; and torch makes a bytearray of any size, however small the file is."""


@dataclass(frozen=True)
class Content:
    """What a file of weights holds."""

    tree: object
    """As a rule a mapping, maybe with mappings in it, down to the tensors."""
    model: str = ""
    """The class of a network that was saved whole, which only its own code could open."""


class _Refused(Exception):  # noqa: N818  it never leaves this module
    """What a file is instead of weights, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def read_weights_file(path: Path) -> Content:
    """Read a file as torch.save or safetensors wrote it, whatever its name ends in.

    Raises:
        UserError: it is missing, not a regular file, damaged, or of another kind.
    """
    try:
        with open_regular(path) as file:
            return _read(file, path)
    except _Refused as refused:
        what, remedy = refused.what, refused.remedy
    except MemoryError:
        raise
    except OSError as error:
        what, remedy = f"cannot be read ({error.strerror or error})", "check the path"
    except pickle.UnpicklingError:
        what = "is damaged or holds more than tensors, so it was not loaded"
        remedy = _SAVE_STATE
    except Exception as error:  # damage brings out IndexError, struct.error and more
        if isinstance(error, RuntimeError) and is_out_of_memory(error, torch.device("cpu")):
            raise MemoryError from error
        what, remedy = f"is damaged{_reason(error)}", "download or save it again"
    raise UserError(f"The weights file {printable(path)} {what}; {remedy}.", about="weights")


def _reason(error: Exception) -> str:
    """Return what a library says about damage, in brackets; '' where that is hardly a word."""
    said = str(error).partition("\n")[0]
    return f" ({printable(said, 120)})" if re.search(r"[a-z]{3}", said) else ""


def _read(file: BinaryIO, path: Path) -> Content:
    start = file.read(64)
    file.seek(0)
    if not start:
        raise _Refused("is empty", _DOWNLOAD)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < _HEADER_LIMIT:
        return Content(load_file(path))
    if start.startswith(_ZIP):
        return _unpickle(file, _zip_globals(file))
    if start.startswith(_PICKLE):
        return _unpickle(file, _legacy_globals(file))
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, what, remedy in _OTHERS:
        if text.startswith(beginning):
            raise _Refused(f"is {what}", remedy)
    raise _Refused("is damaged, or not a file of weights", "download or save it again")


def _zip_globals(file: BinaryIO) -> list[str]:
    """Return the names in the pickle of an archive as torch.save writes them today."""
    if not zipfile.is_zipfile(file):  # its list of contents comes last
        raise _Refused("is cut off", _DOWNLOAD)
    with zipfile.ZipFile(file) as archive:
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        if "constants.pkl" in names:
            raise _Refused(
                "is a TorchScript archive, which holds a program",
                "save model.state_dict() of the network that was scripted",
            )
        if "data.pkl" not in names:
            raise _Refused("is a zip archive that torch.save did not write", _CONVERT)
        # torch.save compresses nothing: what unpacks to more than its file would fill memory.
        size = sum(each.file_size for each in archive.infolist())
        if size > os.fstat(file.fileno()).st_size:
            raise _Refused(
                "is a compressed archive, which torch.save did not write",
                "save its weights again with torch.save",
            )
        return _globals(archive.read(names["data.pkl"]), pickles=1)


def _legacy_globals(file: BinaryIO) -> list[str]:
    """Return the names in a file as written before torch 1.6: four pickles, then the numbers."""
    content = file.read(_LEGACY_LIMIT)
    if _MAGIC_NUMBER not in content[:32]:
        raise _Refused(
            "is a pickle that torch.save did not write, which can run code when it is loaded, so "
            "it was not",
            _SAVE_STATE,
        )
    return _globals(content, pickles=4)


def _globals(content: bytes, pickles: int) -> list[str]:
    """Return what pickles name of Python's modules, in order, without loading anything."""
    found: dict[str, None] = {}
    for _ in range(pickles):
        end = 0
        for operation, argument, position in pickletools.genops(content):
            end = (position or 0) + 1
            if operation.name == "PROTO" and argument in _NEW_PROTOCOLS:
                raise _Refused(
                    f"was saved with pickle_protocol={argument}, which cannot be read without "
                    "running code",
                    "save it again with torch.save's own protocol",
                )
            if operation.name == "GLOBAL":
                found[_name_today(*str(argument).split(" ", 1))] = None
        content = content[end:]
    return list(found)


def _name_today(module: str, name: str) -> str:
    """Return the full name of something in Python 3; pickles of this protocol have Python 2's."""
    if (module, name) in NAME_MAPPING:
        module, name = NAME_MAPPING[module, name]
    return f"{IMPORT_MAPPING.get(module, module)}.{name}"


def _unpickle(file: BinaryIO, names: list[str]) -> Content:
    """Load the tensors, with something inert in place of what else the pickle names."""
    for name in names:
        if not _is_harmless(name):
            raise _Refused(
                f"names {printable(name, 60)}, which is not data and could do harm, so it was not "
                "loaded",
                _SAVE_STATE,
            )
    # torch uses its own for names that it knows itself, such as those of tensors.
    stand_ins: list[Callable[..., object] | tuple[Callable[..., object], str]] = [
        (_stand_in(name), name) for name in names
    ]
    file.seek(0)
    with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(stand_ins):
        tree = torch.load(file, map_location="cpu", weights_only=True)
    return Content(tree, _model(names))


def _model(names: list[str]) -> str:
    """Return the first class among names that seems to be a network's; '' where there is none."""
    parts = [name for name in names if name.startswith("torch.nn.modules.")]
    known = {"torch", "numpy", *sys.stdlib_module_names}
    own = [name for name in names if name.partition(".")[0] not in known]
    return (own + parts)[0] if parts else ""


def _is_harmless(name: str) -> bool:
    module, _, rest = name.partition(".")
    if module == "builtins":
        return rest in _BUILTINS.split()
    return module in _MODULES.split() or module not in sys.stdlib_module_names


def _stand_in(name: str) -> type:
    """Return what is made in place of a foreign object: unpickling may fill it, but calls nothing.

    A class of a training script may be a dictionary, which NumPy's and Python's own are not.
    """
    if name == "collections.deque":
        return _NoList
    plain = {"numpy", *_MODULES.split()}
    is_plain = name.partition(".")[0] in plain and name != "collections.defaultdict"
    return _NoObject if is_plain else _NoDictionary


class _NoObject:
    def __new__(cls, *_: object) -> "_NoObject":
        return super().__new__(cls)

    def __setstate__(self, _: object) -> None:
        pass


class _NoDictionary:
    def __new__(cls, *_: object) -> OrderedDict[object, object]:  # type: ignore[misc]  # the kind of dictionary that torch fills and gives attributes to
        return OrderedDict()


class _NoList:
    def __new__(cls, *_: object) -> list[object]:  # type: ignore[misc]  # as above
        return []
