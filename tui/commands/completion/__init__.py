"""What a shell offers when somebody presses tab behind ``convscope``."""
