"""What a person at a terminal meets: the commands and the explorer. Never imports torch."""
