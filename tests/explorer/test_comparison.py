"""The table below pictures side by side: what differs stands out, and nothing else."""

from textual.app import App

from convscope.tui.explorer.marks import QUIET
from convscope.tui.explorer.model.items import Fact
from convscope.tui.explorer.widgets.comparison import Comparison


async def bright(*texts, width=90):
    """Return what stands out of one fact that two records tell differently, and all as drawn."""
    comparison = Comparison()

    class Shown(App):
        def compose(self):
            yield comparison

    async with Shown().run_test(size=(width, 10)):
        comparison.show([[Fact("recipe", text)] for text in texts])
        drawn = comparison.render()
    quiet = [span for span in drawn.spans if span.style == QUIET]
    left = (
        "\n" if character == "\n" else " "
        if any(span.start <= at < span.end for span in quiet) else character
        for at, character in enumerate(drawn.plain)
    )  # fmt: skip
    return "".join(left).split(), drawn.plain


async def test_of_a_recipe_only_the_parts_that_differ_stand_out():
    one, other = "crisp · 64 px · 4 steps · rate 0.05", "crisp · 128 px · 4 steps · rate 0.05"
    found, drawn = await bright(one, other)
    assert found == ["64", "px", "128", "px"]
    assert one in drawn
    assert other in drawn


async def test_parts_that_differ_stand_out_where_a_line_ends_in_the_middle_of_them():
    found, drawn = await bright("crisp · 64 px · 4 steps", "crisp · 128 px · 4 steps", width=37)
    assert found == ["64", "128", "px", "px"] or found == ["64", "px", "128", "px"]
    assert "steps" in drawn


async def test_what_is_the_same_is_quiet_and_what_one_lacks_stands_out():
    assert (await bright("crisp · 64 px", "crisp · 64 px"))[0] == []
    assert (await bright("cpu", "cuda"))[0] == ["cpu", "cuda"]
