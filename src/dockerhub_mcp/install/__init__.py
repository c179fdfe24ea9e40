"""Adding this server to the programs that use it: a few bytes in each host's own file, and back."""
