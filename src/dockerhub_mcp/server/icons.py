"""The server's icons: a tag with a hash sign, for an image pinned by digest."""

from __future__ import annotations

import base64
from typing import Any

_SVG_TEMPLATE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    '<path fill="{tag}" d="M2 4a2 2 0 0 1 2-2h8.5l10 10-10 10L2 12z"/>'
    '<circle cx="6" cy="6" r="1.5" fill="{sign}"/>'
    '<path stroke="{sign}" stroke-width="1.6" stroke-linecap="round" '
    'd="M9.5 10.5h7M8.5 14h7M12 8l-1.5 8.5M15 8l-1.5 8.5"/>'
    "</svg>"
)


def _build_icon(theme: str, tag_color: str, sign_color: str) -> dict[str, Any]:
    drawing = base64.b64encode(_SVG_TEMPLATE.format(tag=tag_color, sign=sign_color).encode()).decode()
    return {
        "src": f"data:image/svg+xml;base64,{drawing}",
        "mimeType": "image/svg+xml",
        "sizes": ["any"],
        "theme": theme,
    }


ICONS = [_build_icon("light", "#24507a", "#fff"), _build_icon("dark", "#a5cdf2", "#12283c")]
"""The icons as JSON; the server card needs them without the SDK."""
