"""What there is to look at: networks, layers, targets, weights. No torch, nothing else of ours."""
