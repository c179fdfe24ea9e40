"""Build what decides from which hosts, pages and callers the HTTP server accepts requests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dockerhub_mcp.bootstrap.http_settings import parse_oauth_scopes
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.transport.urls import is_loopback
from dockerhub_mcp.server.http.middleware.host_check import HostOriginPolicy
from dockerhub_mcp.server.http.middleware.resource_metadata import RESOURCE_METADATA_PATH

if TYPE_CHECKING:
    from dockerhub_mcp.server.http.auth.oauth import JWTVerifier


def build_host_policy(settings: Settings) -> HostOriginPolicy:
    """Return the policy for the Host and Origin headers of requests."""
    hosts = list(settings.allowed_hosts)
    if settings.host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        hosts.append(settings.host)
    if settings.public_url:
        hosts.append(urlsplit(settings.public_url).hostname or "")  # clients omit a default port
    hosts = [f"[{host}]" if host.count(":") > 1 and host[0] != "[" else host for host in hosts]
    return HostOriginPolicy(hosts, settings.allowed_origins, loopback_only=is_loopback(settings.host))


def build_bearer_challenge(settings: Settings) -> str:
    """Return the parameters of the WWW-Authenticate header, with the metadata's URL if there is OAuth."""
    if not settings.oauth_issuer:
        return 'realm="dockerhub-mcp"'
    parts = urlsplit(settings.public_url)
    path = RESOURCE_METADATA_PATH + parts.path.rstrip("/")
    return f'resource_metadata="{parts.scheme}://{parts.netloc}{path}"'


def build_oauth_verifier(settings: Settings) -> JWTVerifier | None:
    """Return the verifier of access tokens; None without OAuth."""
    if not settings.oauth_issuer:
        return None
    from dockerhub_mcp.server.http.auth.oauth import JWTVerifier  # noqa: PLC0415 - loads cryptography

    return JWTVerifier(
        settings.oauth_issuer,
        settings.oauth_audience or settings.public_url,
        jwks_url=settings.oauth_jwks_url,
        scopes=parse_oauth_scopes(settings),
    )
