"""Make the atlas that is part of convscope again.

Run ``python -m convscope.tui.commands.atlas.rebuild GALLERY`` in the repository, after a change of
what drafts look like. It makes those drafts that are missing in the gallery, an hour's work on two
cores, and goes on where it was interrupted. A test makes some again and compares.
"""

import sys
from pathlib import Path

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.networks import DEFAULT_NETWORK, network
from convscope.core.gallery.atlas.building import build_atlas
from convscope.core.gallery.atlas.reader import SHIPPED
from convscope.core.system.errors import UserError
from convscope.tui.commands.options import RenderOrder
from convscope.tui.commands.render import make
from convscope.tui.commands.subjects import Choice


def main(folder: str) -> None:
    """Make what is missing, and then the atlas.

    Args:
        folder: the gallery.
    """
    order = RenderOrder(
        recipe=DRAFT,
        seed=0,
        choice=Choice(),
        precision="auto",
        device="auto",
        gallery=Path(folder).absolute(),
        force=False,
        makes_here=True,
    )
    layers = network(DEFAULT_NETWORK).layers
    drafts = order.jobs(f"{layer.name}:*" for layer in layers)
    make(drafts, order)
    build_atlas(SHIPPED, order.gallery, drafts)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the gallery of the drafts.")
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        sys.exit(str(error))
