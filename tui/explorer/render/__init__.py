"""How pictures are drawn: siblings behind one painter."""
