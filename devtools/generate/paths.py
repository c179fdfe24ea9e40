"""Paths of the checkout, and the command that generates its derived files."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BENCHMARKS = ROOT / "benchmarks"
COMMAND = "python -m devtools.generate"
