"""The networks that there are to look into, as a list that is searched by words. No Textual."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convscope.core.catalog.networks import networks
from convscope.core.catalog.own import own_names
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
    is_here: bool = True
    """Whether nothing is to be downloaded."""
    is_recent: bool = False

    @property
    def text(self) -> str:
        """What the search goes through."""
        return f"{self.subject.title} {self.weights}".lower()


def network_entries(recent: Iterable[Subject] = ()) -> list[NetworkEntry]:
    """Return all networks: the recent ones first, then a person's own, then the rest by name."""
    recent = list(recent)
    found = [entry for subject in recent for entry in _entry(subject, is_recent=True)]
    others = (usual_subject(name) for name in (*own_names(), *networks()))
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
    where, is_here = _where(subject)
    yield NetworkEntry(subject, len(known.layers), where, is_here, is_recent)


def _where(subject: Subject) -> tuple[str, bool]:
    """Say where the weights are, and whether they are here."""
    known = published_as(subject.model, subject.weights.name)
    if known is not None:
        return known.where, known.is_here
    named = {EMBEDDED_NAME: "embedded", BUILTIN_NAME: "its own"}
    label = named.get(subject.weights.name, subject.weights.label)
    # Else the same file, opened for another input, stands there twice without a difference.
    return f"{label} · {subject.normalization}" if subject.normalization else label, True
