"""What an agent sees: the tools, their schemas, their results and their errors."""
