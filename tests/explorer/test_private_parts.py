"""What reaches into the private parts of Textual, Rich and others stands in one folder.

Such parts may change with any version; whoever takes in a new one looks there, and nowhere else.
"""

import ast
import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from convscope import tui

TUI = Path(tui.__path__[0])
FOLDER = TUI / "explorer" / "terminal"


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


OUTSIDE = [file for file in files_of(TUI) if FOLDER not in file.parents]


def module_of(file: Path) -> str:
    parts = file.relative_to(TUI).with_suffix("").parts
    return ".".join(("convscope.tui", *parts)).removesuffix(".__init__")


OURS = {module_of(file) for file in OUTSIDE}
"""What the folder's classes keep for themselves is as private to these as Textual's."""


def test_nothing_outside_the_folder_reaches_into_private_parts():
    assert list(found_in(OUTSIDE)) == []


def test_all_kinds_of_it_are_found_in_the_folder():
    found = {each.split(": ", 1)[1] for each in found_in(files_of(FOLDER))}
    assert {
        "imports _compositor",
        "imports _character_to_key",
        "style._ansi",
        "self.app._css_update_count",
        "ExplorerDriver._must_signal_resume is a base's",
        "Bordered._set_dirty is a base's",
        "Bordered._repaint_regions is a base's",
        "TerminalApp._display is a base's",
    } <= found


def found_in(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for each in (private_imports(tree), private_attributes(tree), inherited(file, tree)):
            yield from (f"{file.relative_to(TUI)}:{line}: {what}" for line, what in each)


# ---- in the text alone -------------------------------------------------------------------------

Found = Iterator[tuple[int, str]]
"""Lines, and what stands there."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_")


def private_imports(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
            parts = {part for name in names for part in name.split(".")}
            yield from ((node.lineno, f"imports {part}") for part in parts if is_private(part))


def private_attributes(tree: ast.AST) -> Found:
    """Yield private parts of other objects than the one at work."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node.value):
            yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("attr"):
            constants = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if any(isinstance(value, str) and is_private(value) for value in constants):
                yield node.lineno, ast.unparse(node)


def is_own(node: ast.expr) -> bool:
    return ast.unparse(node) in ("self", "cls", "super()")


# ---- with what classes inherit -----------------------------------------------------------------


def inherited(file: Path, tree: ast.Module) -> Found:
    """Yield the private names of a class that a base from elsewhere has too."""
    for made, node in classes_in(importlib.import_module(module_of(file)), tree):
        foreign = [base for base in made.__mro__[1:] if base.__module__ not in OURS]
        taken = set().union(*map(private_names, foreign))
        for line, name in names_in(node):
            if name in taken:
                yield line, f"{made.__name__}.{name} is a base's"


def classes_in(
    scope: ModuleType | type, tree: ast.Module | ast.ClassDef
) -> Iterator[tuple[type, ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            made = getattr(scope, node.name)
            yield made, node
            yield from classes_in(made, node)


@cache
def private_names(base: type) -> frozenset[str]:
    """Return the private names of a class, and of what its methods give to its instances."""
    in_class = {name for name in vars(base) if is_private(name)}
    nodes = class_nodes(sys.modules[base.__module__])
    return frozenset(in_class.union(name for _, name in names_in(nodes.get(base.__name__))))


@cache
def class_nodes(module: ModuleType) -> dict[str, ast.ClassDef]:
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # not written in Python
        return {}
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def names_in(node: ast.ClassDef | None) -> Found:
    """Yield the private names that a class defines, or uses of the object at work."""
    for each in ast.walk(node) if node is not None else ():
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and is_private(each.name):
            yield each.lineno, each.name
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and is_private(each.id):
            yield each.lineno, each.id
        if isinstance(each, ast.Attribute) and is_private(each.attr) and is_own(each.value):
            yield each.lineno, each.attr
