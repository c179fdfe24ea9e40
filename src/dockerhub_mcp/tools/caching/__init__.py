"""Short-lived caches of what was read, for each Hub client."""
