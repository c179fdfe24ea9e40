"""Make the start of the program short. Needs the standard library only."""
