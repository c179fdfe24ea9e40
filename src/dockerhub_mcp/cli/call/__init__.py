"""Tool calls from the command line."""
