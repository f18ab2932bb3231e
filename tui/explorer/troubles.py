"""Sentences about what is wrong, on their way to the person. Plain."""


class Troubles:
    """Collects sentences until they are taken; what goes on being wrong is told once."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._told: dict[str, str] = {}

    def tell(self, sentence: str) -> None:
        """Tell a sentence, unless it is empty."""
        if sentence:
            self._waiting.append(sentence)

    def tell_once(self, source: str, sentence: str) -> None:
        """Tell a sentence, unless it is the last one that this source told; '' is all is well."""
        if sentence != self._told.get(source):
            self.tell(sentence)
        self._told[source] = sentence

    def take(self) -> tuple[str, ...]:
        """Return what is to be told, and forget it."""
        taken, self._waiting = tuple(self._waiting), []
        return taken
