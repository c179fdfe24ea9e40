"""`dockerhub-mcp doctor`: what somebody has here, what works, and what to do about what does not."""
