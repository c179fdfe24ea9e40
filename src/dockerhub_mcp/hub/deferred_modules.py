"""Load parts of libraries without the rest of them.

The `__init__` of many packages imports all of their modules. Where a program needs few, it can import those,
and let `__init__` wait until something that it defines is asked for. So the package is complete for all that
use it, only later.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any


def defer_initialization(name: str, *functions: str) -> None:
    """Run the code of a module when an attribute that is missing yet is asked for.

    A module that is loaded already stays as it is.

    Args:
        name: The dotted name of the module; the modules of a package can be imported meanwhile.
        functions: Functions of it that importers import by name and do not call yet.
    """
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    vars(module)["__getattr__"] = _create_initializer(module, spec.loader.exec_module)
    for function in functions:
        setattr(module, function, _create_forwarder(module, function))
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _create_initializer(module: ModuleType, execute: Callable[[ModuleType], None]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module, which runs its code once."""
    lock, is_running = threading.RLock(), False

    def initialize(name: str) -> Any:
        nonlocal is_running
        with lock:  # the thread that runs the code may import modules that ask for attributes
            if vars(module).get("__getattr__") is initialize and not is_running:
                is_running = True
                try:
                    execute(module)
                finally:
                    is_running = False
                if vars(module).get("__getattr__") is initialize:
                    del vars(module)["__getattr__"]
            if name in vars(module):
                return vars(module)[name]
            if not is_running and "__getattr__" in vars(module):  # the module's own
                return getattr(module, name)
        msg = f"module {module.__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)

    return initialize


def _create_forwarder(module: ModuleType, name: str) -> Callable[..., Any]:
    """Return a function that calls the module's own, which does not exist yet."""

    def forward(*args: Any, **kwargs: Any) -> Any:
        if vars(module).get(name) is forward:
            delattr(module, name)
        return getattr(module, name)(*args, **kwargs)

    return forward
