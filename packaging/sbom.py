"""Writes what the program brings with it, as SPDX 2.3: `python packaging/sbom.py FILE`.

The versions are those of requirements.txt: tested together, and what the image and the bundle have. What is
installed from the package index by other means may be later.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NAME = "dockerhub-mcp"


def bill(version: str, requirements: str, made: datetime) -> dict[str, Any]:
    """Return the document.

    Args:
        version: Of the program.
        requirements: The text of a requirements file with exact versions.
        made: When it was made.
    """
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", requirements, re.MULTILINE)
    relations = [("DOCUMENT", "DESCRIBES", NAME), *((NAME, "DEPENDS_ON", name) for name, _ in pinned)]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{NAME}-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{NAME}-{version}",
        "creationInfo": {
            "created": made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: {NAME}-packaging-{version}"],
        },
        "packages": [_package(NAME, version), *(_package(*pin) for pin in pinned)],
        "relationships": [
            {
                "spdxElementId": f"SPDXRef-{one}",
                "relationshipType": kind,
                "relatedSpdxElement": f"SPDXRef-{other}",
            }
            for one, kind, other in relations
        ],
    }


def _package(name: str, version: str) -> dict[str, Any]:
    return {
        "SPDXID": f"SPDXRef-{name}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:pypi/{name.lower()}@{version}",
            }
        ],
    }


def main() -> None:
    """Write the document of this clone; SOURCE_DATE_EPOCH makes it the same each time."""
    program = (ROOT / "src" / "dockerhub_mcp" / "__init__.py").read_text("utf-8")
    version = re.findall(r'^__version__ = "(.+)"$', program, re.MULTILINE)[0]
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    made = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    document = bill(version, (ROOT / "requirements.txt").read_text("utf-8"), made)
    Path(sys.argv[1]).write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
