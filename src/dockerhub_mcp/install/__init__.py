"""`dockerhub-mcp install`: add this server to an MCP host's configuration file, or remove it."""
