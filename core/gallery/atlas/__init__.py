"""The atlas: small pictures of every channel of a network, made once and shipped. No torch."""
