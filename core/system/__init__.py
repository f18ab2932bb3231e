"""What touches the machine and the user's settings: files, folders, config, text. No torch."""
