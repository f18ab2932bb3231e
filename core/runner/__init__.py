"""The processes: the worker that computes, and what others use to reach it without torch."""
