"""What was asked and how far it is: tasks and the durable queue. No torch."""
