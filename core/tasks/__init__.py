"""What can be asked, as values that can be stored and sent. No torch."""
