"""Report what requests depend on: the proxy, the certificates, and the versions of the libraries."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from dockerhub_mcp import __version__
from dockerhub_mcp.doctor.report import Finding, FindingStatus
from dockerhub_mcp.hub.errors import ConnectionFailed
from dockerhub_mcp.hub.transport.certificates import find_tls_file_problem
from dockerhub_mcp.hub.transport.proxies import find_proxy, find_proxy_variable, select_proxy_variables

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


def check_proxy(base_url: str, environment: Mapping[str, str] | None = None) -> Finding:
    """Report the proxy that requests go through, without the password in its URL."""
    parts = urlsplit(base_url)
    if parts.scheme != "https":
        return Finding("proxy", FindingStatus.OK, "none: plain HTTP is for this machine only", {"proxy": ""})
    variables = select_proxy_variables(environment)
    try:
        proxy = find_proxy(base_url, variables)
    except ConnectionFailed as error:
        return Finding("proxy", FindingStatus.WRONG, error.what.rstrip("."), {"proxy": ""}, error.remedy)
    if proxy is not None:
        url = mask_userinfo(proxy.url)
        return Finding("proxy", FindingStatus.OK, f"{url} ({proxy.source})", {"proxy": url})
    if find_proxy_variable(variables):
        return Finding("proxy", FindingStatus.OK, f"none: {parts.hostname} is in NO_PROXY", {"proxy": ""})
    return Finding("proxy", FindingStatus.OK, "none (HTTPS_PROXY is not set)", {"proxy": ""})


def mask_userinfo(url: str) -> str:
    """Return a URL with its user name and password masked."""
    scheme, separator, rest = url.rpartition("://")
    host = rest.rpartition("@")[2]
    return f"{scheme}{separator}{'***@' if '@' in rest else ''}{host}"


def check_certificates(base_url: str, environment: Mapping[str, str]) -> Finding:
    """Report the certificates that the Hub's own is verified with."""
    if urlsplit(base_url).scheme != "https":
        return Finding("certificates", FindingStatus.OK, "not needed: plain HTTP is for this machine only")
    if problem := find_tls_file_problem(environment):
        facts = {"path": problem.path, "named_by": problem.variable}
        return Finding("certificates", FindingStatus.WRONG, problem.summary, facts, problem.remedy)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := environment.get(name, ""):
            facts = {"path": path, "named_by": name}
            return Finding("certificates", FindingStatus.OK, f"{path} ({name})", facts)
    if platform.system() in {"Windows", "Darwin"}:
        return Finding("certificates", FindingStatus.OK, "the system's")
    paths = ssl.get_default_verify_paths()
    path = next((p for p in (paths.openssl_cafile, paths.openssl_capath) if p and Path(p).exists()), "")
    if path:
        return Finding("certificates", FindingStatus.OK, f"{path} (the system's)", {"path": path})
    return Finding("certificates", FindingStatus.OK, "the system's")
