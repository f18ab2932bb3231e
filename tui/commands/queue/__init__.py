"""``convscope queue``: batches of pictures that are made while nobody waits."""
