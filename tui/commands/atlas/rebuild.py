"""Make the atlas that is part of convscope again.

Run ``python -m convscope.tui.commands.atlas.rebuild GALLERY [LAYER…]`` in the repository, after a
change of what drafts look like, or those of some layers. It makes those drafts that are missing in
the gallery, an hour's work on two cores for all layers, and goes on where it was interrupted. A
test makes some again and compares.
"""

import sys
from pathlib import Path

from convscope.core.ascent.recipes import DRAFT
from convscope.core.catalog.networks import DEFAULT_NETWORK, network
from convscope.core.gallery.atlas.building import build_atlas
from convscope.core.gallery.atlas.reader import SHIPPED, Atlas
from convscope.core.system.errors import UserError
from convscope.tui.commands.options import RenderOrder
from convscope.tui.commands.render import make
from convscope.tui.commands.subjects import Choice


def main(folder: str, *names: str) -> None:
    """Make what is missing, and then the atlas.

    Args:
        folder: the gallery.
        names: of the layers that are made again, on a machine like that of the others; all unless
            given.
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
    known = network(DEFAULT_NETWORK)
    layers = [known.layer(name) for name in names] or known.layers
    drafts = order.jobs(f"{layer.name}:*" for layer in layers)
    make(drafts, order)
    build_atlas(SHIPPED, order.gallery, drafts, Atlas().facts if names else None)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name the gallery of the drafts, and layers if not all are to be made.")
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        sys.exit(str(error))
