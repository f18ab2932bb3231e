"""The screens: each composes its widgets and turns keys into requests."""
