"""Lists over many pages: read them concurrently, and check that they add up."""
