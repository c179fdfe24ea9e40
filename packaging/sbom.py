"""Write the bill of materials as SPDX 2.3: `python packaging/sbom.py FILE`.

The versions are those of requirements.txt, which are tested together and installed in the image and the
bundle. Other ways of installing from the package index may select later versions.
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


def build_sbom(version: str, requirements: str, created: datetime) -> dict[str, Any]:
    """Return the SPDX document.

    Args:
        version: The version of this package.
        requirements: The text of a requirements file with exact versions.
        created: The creation time of the document.
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
            "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: {NAME}-packaging-{version}"],
        },
        "packages": [_build_package(NAME, version), *(_build_package(*pin) for pin in pinned)],
        "relationships": [
            {
                "spdxElementId": f"SPDXRef-{element}",
                "relationshipType": kind,
                "relatedSpdxElement": f"SPDXRef-{related}",
            }
            for element, kind, related in relations
        ],
    }


def _build_package(name: str, version: str) -> dict[str, Any]:
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
    """Write the document of this checkout; SOURCE_DATE_EPOCH makes it reproducible."""
    program = (ROOT / "src" / "dockerhub_mcp" / "__init__.py").read_text("utf-8")
    version = re.findall(r'^__version__ = "(.+)"$', program, re.MULTILINE)[0]
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    created = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    document = build_sbom(version, (ROOT / "requirements.txt").read_text("utf-8"), created)
    Path(sys.argv[1]).write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
