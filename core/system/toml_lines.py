"""The line of a TOML file on which a setting stands, which tomllib does not report."""

Lines = dict[tuple[str, ...], int]
"""The number of the first line of each key and table; no path is longer than three parts."""


def lines_of(text: str) -> Lines:
    """Find the lines that set something.

    Each line is read by itself, so a string over several lines that looks like settings misleads.
    """
    lines: Lines = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            path = table = _path_in(line) or table
        else:
            # The first line of a longer value is not valid TOML.
            key, equals, _ = line.partition("=")
            path = (*table, *(_path_in(line) or _path_in(f"{key}= 0"))) if equals else ()
        for length in range(1, min(len(path), 3) + 1):
            lines.setdefault(path[:length], number)
    return lines


def line_of(key: tuple[str, ...], lines: Lines) -> int | None:
    """Return the line of a key, or of the table or the list that it is in."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def _path_in(line: str) -> tuple[str, ...]:
    """Return the parts of the key or the heading on a line; none where there is neither."""
    import tomllib  # noqa: PLC0415  most people have no config file

    try:
        table: object = tomllib.loads(line)
    except (ValueError, RecursionError):
        return ()
    path = []
    while isinstance(table, dict) and table:
        name, table = next(iter(table.items()))
        path.append(name)
    return tuple(path)
