"""Which photos of a folder excite each channel most: an index, read without torch."""
