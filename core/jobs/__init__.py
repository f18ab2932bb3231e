"""What was asked and how far it is: specs and the durable queue. No torch."""
