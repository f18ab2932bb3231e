"""``convscope exemplars``: which photos of a folder excite each channel most."""
