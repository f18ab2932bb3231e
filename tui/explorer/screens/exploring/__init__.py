"""The explore screen in parts: what it holds, how it moves, what it marks, what it asks for."""
