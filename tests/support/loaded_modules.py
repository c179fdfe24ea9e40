"""Which modules code loads."""

from __future__ import annotations

import subprocess
import sys


def list_loaded_modules(code: str) -> set[str]:
    """Return the names of our modules, and of libraries, that code loads in a process of its own."""
    code = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
