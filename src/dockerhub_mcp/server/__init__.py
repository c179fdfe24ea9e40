"""The MCP server; the only package besides the command line that imports the MCP SDK."""
