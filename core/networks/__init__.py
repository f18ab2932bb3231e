"""A frozen network, cut off at one layer. This package imports torch."""
