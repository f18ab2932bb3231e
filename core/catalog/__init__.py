"""What there is to look at: models, layers, targets, weights. No torch, nothing else of ours."""
