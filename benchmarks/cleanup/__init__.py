"""Clean up a repository with 3,000 tags: as an agent, as a person, and with a server that is killed."""
