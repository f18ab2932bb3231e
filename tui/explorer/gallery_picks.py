"""Which pictures of the gallery are shown, chosen and marked. Plain; no Textual."""

from collections.abc import Collection, Sequence

from convscope.tui.explorer.gallery_files import PictureFile

Place = tuple[str, str]


class Picks:
    """A cursor and marks over pictures in a grid; both stay with a picture wherever it moves to.

    Moves never raise: what lies outside is clamped, as a held-down key expects.
    """

    def __init__(self) -> None:
        self.columns = 1
        """Pictures in one row of the grid; the grid sets it when its width changes."""
        self._shown: Sequence[PictureFile] = ()
        self._positions: dict[Place, int] = {}
        self._position = 0
        self._chosen: Place | None = None
        self._marks: dict[Place, PictureFile] = {}
        self._anchor: Place | None = None

    # ---- what is shown ---------------------------------------------------------------------

    @property
    def shown(self) -> Sequence[PictureFile]:
        """The pictures that a filter keeps, or all."""
        return self._shown

    def show(self, files: Sequence[PictureFile]) -> None:
        """Show these; the chosen one stays chosen, or the one that is at its place now."""
        self._shown = files
        self._positions = {file.place: at for at, file in enumerate(files)}
        found = self._positions.get(self._chosen) if self._chosen is not None else None
        if self._anchor not in self._positions:
            self._anchor = None
        self._go(self._position if found is None else found)

    def forget(self, files: Collection[PictureFile]) -> None:
        """Take the marks away from what is not among these: it is no longer there."""
        there = {file.place: file for file in files}
        self._marks = {place: there[place] for place in self._marks if place in there}

    @property
    def position(self) -> int:
        """Where the chosen picture stands among those shown."""
        return self._position

    @property
    def chosen(self) -> PictureFile | None:
        """The chosen picture; ``None`` where none is shown."""
        return self._shown[self._position] if self._shown else None

    def beside(self, file: PictureFile, by: int) -> PictureFile:
        """Return the picture shown so many places after one; the same at either end."""
        at = self._positions.get(file.place)
        if at is None:
            return self.chosen or file
        return self._shown[max(0, min(at + by, len(self._shown) - 1))]

    # ---- moving ----------------------------------------------------------------------------

    def select(self, position: int) -> None:
        """Choose the picture at a position."""
        self._go(position)

    def step(self, by: int) -> None:
        """Move along the pictures in their order, over the ends of rows."""
        self._go(self._position + by)

    def move_rows(self, by: int) -> None:
        """Move between rows of the grid, keeping the column.

        The last row may be short: from above its missing part the cursor goes to the last picture.
        """
        row, column = divmod(self._position, self.columns)
        last_row = (len(self._shown) - 1) // self.columns
        self._go(max(0, min(row + by, last_row)) * self.columns + column)

    # ---- marking ---------------------------------------------------------------------------

    @property
    def marked(self) -> list[PictureFile]:
        """The marked pictures, shown or not, in the order that they were marked.

        Those of a range that is being marked come last.
        """
        marked = dict(self._marks)
        for at in self._range:
            file = self._shown[at]
            marked.setdefault(file.place, file)
        return list(marked.values())

    @property
    def hidden(self) -> int:
        """How many of the marked pictures are not shown."""
        return sum(place not in self._positions for place in self._marks)

    @property
    def marks_a_range(self) -> bool:
        """Whether moves mark what they go over."""
        return self._anchor is not None

    def is_marked(self, position: int) -> bool:
        """Whether the picture at a position is marked."""
        return self._shown[position].place in self._marks or position in self._range

    def toggle_mark(self) -> None:
        """Mark the chosen picture, or take its mark away."""
        file = self.chosen
        if file is not None and self._marks.pop(file.place, None) is None:
            self._marks[file.place] = file

    def toggle_range(self) -> None:
        """Begin to mark a range at the chosen picture; or end it there, and keep its marks."""
        if self._anchor is None:
            self._anchor = self._chosen if self._shown else None
        else:
            self._mark(self._range)
            self._anchor = None

    def mark_all(self) -> None:
        """Mark all that are shown."""
        self._mark(range(len(self._shown)))

    def unmark(self) -> None:
        """Take all marks away, and end a range without marking it."""
        self._marks.clear()
        self._anchor = None

    # ---- inside ----------------------------------------------------------------------------

    @property
    def _range(self) -> range:
        """The positions between where a range began and the cursor."""
        if self._anchor is None:
            return range(0)
        begun = self._positions[self._anchor]
        return range(min(begun, self._position), max(begun, self._position) + 1)

    def _mark(self, positions: range) -> None:
        for at in positions:
            self._marks.setdefault(self._shown[at].place, self._shown[at])

    def _go(self, position: int) -> None:
        self._position = max(0, min(position, len(self._shown) - 1))
        if self._shown:
            self._chosen = self._shown[self._position].place
