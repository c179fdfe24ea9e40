"""The bodies of responses: reading within limits, and decompressing."""
