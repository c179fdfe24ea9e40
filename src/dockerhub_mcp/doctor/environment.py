"""Report what requests depend on: the proxy, the certificates, and the versions of the libraries."""

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
    """Return the versions of this program, Python, the libraries, OpenSSL and the system."""
    versions = {"dockerhub-mcp": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    system = f"{platform.system()} {platform.machine()}".strip()
    return versions | {"openssl": ssl.OPENSSL_VERSION, "system": system}


def check_proxy(base_url: str) -> Finding:
    """Report the proxy that requests go through, without the password in its URL."""
    parts = urlsplit(base_url)
    if parts.scheme != "https":
        return Finding("proxy", FindingStatus.OK, "none: plain HTTP is for this machine only", {"proxy": ""})
    proxies = getproxies()
    scheme = next((name for name in ("https", "all") if proxies.get(name)), "")
    if not scheme:
        return Finding("proxy", FindingStatus.OK, "none (HTTPS_PROXY is not set)", {"proxy": ""})
    if proxy_bypass(parts.hostname or ""):
        return Finding("proxy", FindingStatus.OK, f"none: {parts.hostname} is in NO_PROXY", {"proxy": ""})
    proxy = mask_userinfo(proxies[scheme])
    return Finding("proxy", FindingStatus.OK, f"{proxy} ({scheme.upper()}_PROXY)", {"proxy": proxy})


def mask_userinfo(url: str) -> str:
    """Return a URL with its user name and password masked."""
    scheme, separator, rest = url.rpartition("://")
    host = rest.rpartition("@")[2]
    return f"{scheme}{separator}{'***@' if '@' in rest else ''}{host}"


def check_certificates(base_url: str, environment: Mapping[str, str]) -> Finding:
    """Report the certificates that the Hub's own is verified with."""
    if urlsplit(base_url).scheme != "https":
        return Finding("certificates", FindingStatus.OK, "not needed: plain HTTP is for this machine only")
    for name, exists in (("SSL_CERT_FILE", Path.is_file), ("SSL_CERT_DIR", Path.is_dir)):
        if not (path := environment.get(name, "")):
            continue
        facts = {"path": path, "named_by": name}
        if not exists(Path(path)):
            summary = f"{name} names {path}, which does not exist"
            return Finding("certificates", FindingStatus.WRONG, summary, facts, f"Correct or unset {name}.")
        if problem := _find_certificate_problem(name, path):
            remedy = f"Set {name} to certificates in PEM format, or unset it."
            return Finding("certificates", FindingStatus.WRONG, f"{path} {problem}", facts, remedy)
        return Finding("certificates", FindingStatus.OK, f"{path} ({name})", facts)
    if platform.system() in {"Windows", "Darwin"}:
        return Finding("certificates", FindingStatus.OK, "the system's")
    paths = ssl.get_default_verify_paths()
    path = next((p for p in (paths.openssl_cafile, paths.openssl_capath) if p and Path(p).exists()), "")
    if path:
        return Finding("certificates", FindingStatus.OK, f"{path} (the system's)", {"path": path})
    return Finding("certificates", FindingStatus.OK, "the system's")


def _find_certificate_problem(variable: str, path: str) -> str:
    try:
        if variable == "SSL_CERT_FILE":
            ssl.create_default_context(cafile=path)
        else:
            ssl.create_default_context(capath=path)
    except (OSError, ssl.SSLError) as error:
        return f"cannot be used: {error.strerror or type(error).__name__}"
    return ""
