"""Choose the tags of a clean-up by rules: pure functions of what was read."""
