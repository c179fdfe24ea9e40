"""Making tables short: labels for repeated texts, and one line for items that are alike."""
