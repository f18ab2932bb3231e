"""What touches the machine and a person's settings: files, folders, config, text. No torch."""
