"""Check the files that the TLS variables name. Uses only the standard library."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_HASHED_NAME = re.compile(r"[0-9a-fA-F]{8}\.r?\d+")


class TLSFileProblem(NamedTuple):
    """A variable that names a file or directory which TLS cannot use.

    Attributes:
        variable: The variable.
        path: The path that it names.
        summary: What is wrong, without a period.
        remedy: What to do.
    """

    variable: str
    path: str
    summary: str
    remedy: str


def find_tls_file_problem(environment: Mapping[str, str]) -> TLSFileProblem | None:
    """Return what is wrong with the certificates, or the key log, that the variables name.

    SSL_CERT_FILE counts before SSL_CERT_DIR; both replace the system's certificates.
    """
    for variable, find_flaw in (("SSL_CERT_FILE", _find_file_flaw), ("SSL_CERT_DIR", _find_directory_flaw)):
        if path := environment.get(variable, ""):
            if flaw := find_flaw(path):
                return _problem(variable, path, *flaw)
            break
    return _find_key_log_problem(environment)


def find_tls_import_problem(environment: Mapping[str, str]) -> TLSFileProblem | None:
    """Return what is wrong with the files for plain HTTP too, which needs no certificates.

    aiohttp creates a context of TLS when it is imported. That ignores missing and invalid certificates, but
    waits for a named pipe, reads a device without an end, and opens the key log.
    """
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := environment.get(variable, ""):
            with suppress(OSError, ValueError):
                mode = os.stat(path).st_mode  # noqa: PTH116 - a path as the variable holds it
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    return _problem(variable, path, "is a pipe or a device", "")
    return _find_key_log_problem(environment)


def _find_key_log_problem(environment: Mapping[str, str]) -> TLSFileProblem | None:
    path = environment.get("SSLKEYLOGFILE", "")
    key_log_flaw = _find_key_log_flaw(Path(path)) if path else ""
    return _problem("SSLKEYLOGFILE", path, key_log_flaw, "") if key_log_flaw else None


def _problem(variable: str, path: str, flaw: str, remedy: str) -> TLSFileProblem:
    summary = f"{variable} names {path}, which {flaw}"
    return TLSFileProblem(variable, path, summary, remedy or f"Correct or unset {variable}.")


def _find_file_flaw(path: str) -> tuple[str, str] | None:
    """Return why a file cannot be used as certificates, and the remedy."""
    import ssl  # noqa: PLC0415 - hosts wait for the start, and few set the variable

    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - a path as the variable holds it
        if not stat.S_ISREG(mode):
            return "is not a regular file", ""
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except FileNotFoundError:
        return "does not exist", ""
    except ssl.SSLError:
        return "cannot be used: it holds no certificates in PEM format", _PEM_REMEDY
    except (OSError, ValueError) as error:
        return f"cannot be used: {_reason(error)}", ""
    return None


_PEM_REMEDY = "Set SSL_CERT_FILE to certificates in PEM format, or unset it."


def _find_directory_flaw(path: str) -> tuple[str, str] | None:
    """Return why none of the directories can be used as certificates, and the remedy."""
    flaws = [_find_single_directory_flaw(each) for each in path.split(os.pathsep) if each]
    return None if not flaws or not all(flaws) else flaws[0]


def _find_single_directory_flaw(path: str) -> tuple[str, str] | None:
    try:
        names = os.listdir(path)  # noqa: PTH208 - a path as the variable holds it
    except FileNotFoundError:
        return "does not exist", ""
    except NotADirectoryError:
        return "is not a directory", ""
    except (OSError, ValueError) as error:
        return f"cannot be used: {_reason(error)}", ""
    if any(_HASHED_NAME.fullmatch(name) for name in names):
        return None
    remedy = f"Run `openssl rehash {path}`, or unset SSL_CERT_DIR."
    return "cannot be used: it holds no certificates under hashed names", remedy


def _find_key_log_flaw(path: Path) -> str:
    """Return why TLS keys cannot be appended to a file; nothing is created or changed."""
    try:
        if not path.exists():
            if not path.parent.is_dir():
                return "does not exist, nor does its directory"
            return "" if os.access(path.parent, os.W_OK) else "cannot be written: Permission denied"
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):  # opening a pipe without a reader would block
            return "is not a regular file"
        with path.open("ab"):
            return ""
    except (OSError, ValueError) as error:
        return f"cannot be written: {_reason(error)}"


def _reason(error: Exception) -> str:
    strerror = error.strerror if isinstance(error, OSError) else ""
    return strerror or type(error).__name__
