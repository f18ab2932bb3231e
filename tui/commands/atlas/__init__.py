"""``convscope atlas``: a draft of every channel of a network."""
