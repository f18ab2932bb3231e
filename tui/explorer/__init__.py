"""The explorer: a Textual app that writes requests and reads state. It never computes."""
