"""What was made: PNGs with their record, contact sheets, where each lies. No torch."""
