"""SBOMs in the format SPDX 2.3, with the packages of the base image and of the software itself."""

from typing import Any

from dockerhub_mcp.sandbox.data.deterministic import derive_uuid
from dockerhub_mcp.sandbox.data.files import load_records
from dockerhub_mcp.sandbox.data.images.content import ImageBuild
from dockerhub_mcp.sandbox.data.images.recipes import make_recipe
from dockerhub_mcp.sandbox.timestamps import CONTENT_EPOCH, DAY, format_seconds

UPDATE_DAYS = 45
"""The days after which a distribution has updates for the packages that change."""
FIRST_UPDATE_DAYS = 1100
"""The age in days of builds that have the first version of such packages."""
ROOT_ID = "SPDXRef-DocumentRoot"


def build_sbom(build: ImageBuild, os: str) -> dict[str, Any]:
    """Return the SBOM of the images of a build for an operating system."""
    packages = [*_list_base_packages(build)] if os == "linux" else []
    recipe = make_recipe(build)
    packages += recipe.packages
    packages += [("npm", f"module-{number}", "1.0.0") for number in range(recipe.generated_package_count)]
    entries = [_describe_package(build, position, *package) for position, package in enumerate(packages)]
    root = {
        "SPDXID": ROOT_ID,
        "name": build.path,
        "versionInfo": build.version,
        "primaryPackagePurpose": "CONTAINER",
    }
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": build.path,
        "documentNamespace": f"https://anchore.com/syft/image/{derive_uuid('sbom', *build.seed, os)}",
        "creationInfo": {
            "creators": ["Organization: Anchore, Inc", "Tool: syft-v1.32.0", "Tool: buildkit-v0.24.0"],
            "created": format_seconds(build.created_at),
        },
        "packages": [*entries, root],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relatedSpdxElement": ROOT_ID,
                "relationshipType": "DESCRIBES",
            }
        ],
    }


def _list_base_packages(build: ImageBuild) -> list[tuple[str, str, str]]:
    """Return type, name and version of the packages of a base image, which depend on the age of the build."""
    family = build.base.name.partition(":")[0]
    release = build.base.name.partition(":")[2].removesuffix("-slim")
    record = load_records("base_packages").get(family)
    if record is None:
        return []
    age_days = (CONTENT_EPOCH - build.created_at) / DAY
    update = max(1, int((FIRST_UPDATE_DAYS - age_days) // UPDATE_DAYS))
    values = {"{n}": str(update), "{release}": record["releases"].get(release, release)}
    packages = []
    for name, template in record["packages"]:
        version = template
        for key, text in values.items():
            version = version.replace(key, text)
        packages.append((record["type"], name, version))
    return packages


def _describe_package(build: ImageBuild, position: int, kind: str, name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:{kind}/{name}@{version.replace('+', '%2B').replace(':', '%3A')}"
    if kind.startswith(("deb", "apk")):
        purl += f"?distro={build.base.name.replace(':', '-').removesuffix('-slim')}"
    return {
        "SPDXID": f"SPDXRef-Package-{position}",
        "name": name,
        "versionInfo": version,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ],
    }
