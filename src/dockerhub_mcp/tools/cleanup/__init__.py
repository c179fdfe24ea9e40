"""Clean-up of tags by rules: the plan, and what carries it out."""
