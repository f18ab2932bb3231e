"""What several commands say as JSON."""

from convscope.core.gallery.annotations import Annotation


def annotation_document(noted: Annotation) -> dict[str, object]:
    """Return what is noted of a channel, also where nothing is."""
    return {"favourite": noted.favourite, "tags": list(noted.tags), "note": noted.note}
