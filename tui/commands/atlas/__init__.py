"""``convscope atlas``: pages of whole layers, and a draft of every channel of a network."""
