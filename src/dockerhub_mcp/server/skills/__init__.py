"""The MCP extension for skills (SEP-2640): its capability, its methods, and `skill://` resources."""
