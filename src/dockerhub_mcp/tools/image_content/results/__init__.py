"""The results of the tools that look into images."""
