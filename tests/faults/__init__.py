"""Faults: what must hold when something dies, fills up, hangs or lies."""
