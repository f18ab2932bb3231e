"""Everything of convscope that needs no screen.

Imports run one way: ``runner → ascent → networks`` and ``runner → gallery → jobs → tasks``; all of
them may use ``catalog``, and that may use ``system`` alone. Nothing here imports ``tui``.
"""

__version__ = "0.1.0"
