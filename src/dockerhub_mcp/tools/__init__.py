"""The tools that agents call: their schemas, their results and their errors."""
