"""The files with which directories of MCP servers list this server."""
