"""The list of tools: their schemas, the registry of enabled tools, and what is published about them."""
