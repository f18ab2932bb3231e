"""The widgets: each owns its part of the screen and knows nothing of files or queues."""
