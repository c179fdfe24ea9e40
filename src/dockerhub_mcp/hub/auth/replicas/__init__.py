"""Sign-ins of replicas, which share bearer tokens, refusals and the limit of each name."""
