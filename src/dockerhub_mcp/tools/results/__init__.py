"""Results as an agent reads them: short, complete, and safe from text written by third parties."""
