"""Moving from docker/hub-mcp: recognize its entry, and carry over what this server can use."""
