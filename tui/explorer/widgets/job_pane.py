"""The pane with the chosen job's picture."""

from convscope.tui.explorer.widgets.picture_pane import PicturePane


class JobPane(PicturePane, can_focus=False):
    """Shows it as the gallery does; its keys are those of the lists beside it."""

    ID = "job"
    FACT_LINES = 14
    """A blank one, ten lines of facts, and a path of three."""
