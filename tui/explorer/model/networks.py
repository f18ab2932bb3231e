"""The networks that there are to look into, as a list that is searched by words. No Textual."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convscope.core.catalog.networks import networks
from convscope.core.catalog.published import published_as
from convscope.core.catalog.subjects import Subject, usual_subject
from convscope.core.catalog.weights import BUILTIN_NAME, EMBEDDED_NAME
from convscope.core.system.text import matching


@dataclass(frozen=True)
class NetworkEntry:
    """A network with weights, and what it costs to have them."""

    subject: Subject
    layers: int
    weights: str
    """Where the weights are, in a few words."""
    mebibytes: float = 0.0
    """What is still to be downloaded."""
    is_recent: bool = False

    @property
    def text(self) -> str:
        """What the search goes through."""
        return f"{self.subject.title} {self.weights}".lower()


def network_entries(recent: Iterable[Subject] = ()) -> list[NetworkEntry]:
    """Return all networks: the recent ones first, then by name."""
    recent = list(recent)
    found = [entry for subject in recent for entry in _entry(subject, is_recent=True)]
    others = (usual_subject(name) for name in networks())
    found += [entry for each in others if each not in recent for entry in _entry(each)]
    return found


def search(text: str, entries: Sequence[NetworkEntry]) -> list[NetworkEntry]:
    """Return the entries in which all typed words occur; those that begin so come first."""
    return matching(text, entries, lambda entry: entry.text)


def _entry(subject: Subject, *, is_recent: bool = False) -> Iterator[NetworkEntry]:
    """Describe a network; one that is not known any more is left out."""
    known = networks().get(subject.model)
    if known is None:
        return
    weights, missing = _weights(subject)
    yield NetworkEntry(subject, len(known.layers), weights, missing, is_recent)


def _weights(subject: Subject) -> tuple[str, float]:
    """Say where the weights are, and how much is to be downloaded."""
    name = subject.weights.name
    if name == EMBEDDED_NAME:
        return "embedded", 0.0
    if name == BUILTIN_NAME:
        return "its own", 0.0
    if subject.weights.is_file:
        return subject.weights.label, 0.0
    known = published_as(subject.model, name)
    if known is None or known.is_here:
        return "here", 0.0
    return f"{known.mebibytes:,.0f} MB to download", known.mebibytes
