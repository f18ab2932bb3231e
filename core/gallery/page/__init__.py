"""One HTML file that shows the channels of layers, with all pictures inside."""
