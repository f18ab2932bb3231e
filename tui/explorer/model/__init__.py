"""What the grids show and what is chosen in them. Plain classes; no Textual."""
