"""Two themes of our own: grey grounds without a tint, since pictures are judged against them."""

from textual.theme import Theme

DARK = Theme(
    name="convscope-dark",
    primary="#7fb4f0",
    secondary="#5a7390",
    accent="#e8b15a",
    success="#8cc77d",
    warning="#e8b15a",
    error="#ef7a7a",
    foreground="#dcdcdc",
    background="#121212",
    surface="#1c1c1c",
    panel="#242424",
    variables={"border-blurred": "#3a3a3a"},
    dark=True,
)
LIGHT = Theme(
    name="convscope-light",
    primary="#1a5fa8",
    secondary="#7d95ad",
    accent="#8a5a00",
    success="#2d6e1f",
    warning="#8a5a00",
    error="#b02a2a",
    foreground="#1c1c1c",
    background="#f6f6f6",
    surface="#e8e8e8",
    panel="#dedede",
    variables={"border-blurred": "#b8b8b8"},
    dark=False,
)
