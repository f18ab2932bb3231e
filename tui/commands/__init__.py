"""The commands: ``convscope render``, ``layers`` and their like. None imports torch."""
