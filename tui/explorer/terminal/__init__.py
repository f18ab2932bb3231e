"""All that reaches into the private parts of Textual and Rich; a new version is tried here first.

Others call it by public names. It imports nothing else of the explorer.
"""
