"""From noise to the image a channel wants. Only ``recipes`` and ``verdicts`` need no torch."""
