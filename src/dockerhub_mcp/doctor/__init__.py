"""`dockerhub-mcp doctor`: report what is configured, what works, and how to fix what does not."""
