"""What a request passes on its way: proxy, certificates, versions of what carries it."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from dockerhub_mcp import __version__
from dockerhub_mcp.doctor.report import Finding, FindingStatus

_LIBRARIES = ("mcp", "httpx2", "pydantic", "anyio")


def collect_versions() -> dict[str, str]:
    """Return what this program runs on."""
    found = {"dockerhub-mcp": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    system = f"{platform.system()} {platform.machine()}".strip()
    return found | {"openssl": ssl.OPENSSL_VERSION, "system": system}


def check_proxy(base_url: str) -> Finding:
    """Return which proxy requests go through, without a password that its address may hold."""
    parts = urlsplit(base_url)
    if parts.scheme != "https":
        return Finding("proxy", FindingStatus.OK, "none: plain http stays on this machine", {"proxy": ""})
    found = getproxies()
    scheme = next((name for name in ("https", "all") if found.get(name)), "")
    if not scheme:
        return Finding("proxy", FindingStatus.OK, "none (HTTPS_PROXY is not set)", {"proxy": ""})
    if proxy_bypass(parts.hostname or ""):
        return Finding(
            "proxy", FindingStatus.OK, f"none: {parts.hostname} is excepted (NO_PROXY)", {"proxy": ""}
        )
    shown = mask_userinfo(found[scheme])
    return Finding("proxy", FindingStatus.OK, f"{shown} ({scheme.upper()}_PROXY)", {"proxy": shown})


def mask_userinfo(url: str) -> str:
    """Return an address without the user name and password in it."""
    scheme, separator, rest = url.rpartition("://")
    place = rest.rpartition("@")[2]
    return f"{scheme}{separator}{'***@' if '@' in rest else ''}{place}"


def check_certificates(base_url: str, environment: Mapping[str, str]) -> Finding:
    """Return by which certificates the Hub is known."""
    if urlsplit(base_url).scheme != "https":
        return Finding("certificates", FindingStatus.OK, "none are needed: plain http stays on this machine")
    for name, is_there in (("SSL_CERT_FILE", Path.is_file), ("SSL_CERT_DIR", Path.is_dir)):
        if not (named := environment.get(name, "")):
            continue
        facts = {"path": named, "named_by": name}
        if not is_there(Path(named)):
            summary = f"{name} names {named}, which is not there"
            return Finding("certificates", FindingStatus.WRONG, summary, facts, f"Correct or unset {name}.")
        if problem := _find_certificate_problem(name, named):
            remedy = f"Let {name} name certificates in PEM form, or unset it."
            return Finding("certificates", FindingStatus.WRONG, f"{named} {problem}", facts, remedy)
        return Finding("certificates", FindingStatus.OK, f"{named} ({name})", facts)
    if platform.system() in {"Windows", "Darwin"}:
        return Finding("certificates", FindingStatus.OK, "those of the system")
    paths = ssl.get_default_verify_paths()
    named = next((p for p in (paths.openssl_cafile, paths.openssl_capath) if p and Path(p).exists()), "")
    if named:
        return Finding("certificates", FindingStatus.OK, f"{named} (of the system)", {"path": named})
    return Finding("certificates", FindingStatus.OK, "those of the system")


def _find_certificate_problem(variable: str, path: str) -> str:
    try:
        if variable == "SSL_CERT_FILE":
            ssl.create_default_context(cafile=path)
        else:
            ssl.create_default_context(capath=path)
    except (OSError, ssl.SSLError) as error:
        return f"cannot be used: {error.strerror or type(error).__name__}"
    return ""
