"""The images that sample images are built from."""

import re
from functools import lru_cache

from dockerhub_mcp.sandbox.data.deterministic import CACHE_SIZE
from dockerhub_mcp.sandbox.image_records import NO_BASE, BaseImageRecord
from dockerhub_mcp.sandbox.timestamps import DAY

ROOT_IMAGES = {"alpine", "busybox", "debian", "hello-world", "traefik", "ubuntu"}
"""Images that are built from nothing."""
FLAVOR = re.compile(
    r"alpine(?P<alpine>\d+\.\d+)?"
    r"|(?P<debian>trixie|bookworm|bullseye|buster|stretch|jessie|wheezy)"
    r"|(?P<ubuntu>noble|jammy|focal)"
    r"|oraclelinux(?P<oracle>\d+)"
    r"|(?P<redhat>ubi)"
    r"|(?P<windows>windowsservercore|nanoserver)"
)
DEBIAN_AGES = {
    "trixie": 100,
    "bookworm": 850,
    "bullseye": 1600,
    "buster": 2300,
    "stretch": 3000,
    "jessie": 3700,
}
"""For each release of Debian, the age in days of the oldest images that are built from it by default."""
OLDEST_DEBIAN = "wheezy"
DEFAULT_ALPINE = "3.22"
LAYER_SIZES = {"alpine": 3_600_000, "debian": 28_000_000, "ubuntu": 29_500_000, "windows": 1_400_000_000}
OTHER_LAYER_SIZE = 40_000_000
MAX_FRACTION = 0.4
"""The largest fraction of the usual size of a repository's images that its base image may take."""
ALPINE_SIZE_DIVISOR = 3


@lru_cache(CACHE_SIZE, typed=True)
def choose_base_image(repository: str, names: str, age: float, usual_size: int) -> BaseImageRecord:
    """Return the base image of a build.

    Args:
        repository: The name of the repository.
        names: The names of the build, which may contain a distribution, such as `8.2-alpine3.22`.
        age: The age of the build in seconds.
        usual_size: The size of the repository's images that are not built from Alpine, in bytes.
    """
    if repository in ROOT_IMAGES:
        return NO_BASE
    # The longest match tells `alpine3.22` from `alpine`.
    found = max(FLAVOR.finditer(names), key=lambda match: len(match.group()), default=None)
    family, name = "debian", f"debian:{_choose_debian(age)}-slim"
    if found is not None and found.lastgroup is None:
        family, name = "alpine", f"alpine:{DEFAULT_ALPINE}"
    elif found is not None:
        family, release = str(found.lastgroup), found.group(str(found.lastgroup))
        name = {
            "alpine": f"alpine:{release}",
            "debian": f"debian:{release}-slim",
            "ubuntu": f"ubuntu:{release}",
            "oracle": f"oraclelinux:{release}-slim",
            "redhat": "redhat/ubi9-minimal:latest",
            "windows": f"mcr.microsoft.com/windows/{release}",
        }[family]
    size = usual_size // ALPINE_SIZE_DIVISOR if family == "alpine" else usual_size
    return BaseImageRecord(name, min(LAYER_SIZES.get(family, OTHER_LAYER_SIZE), int(size * MAX_FRACTION)))


def _choose_debian(age: float) -> str:
    return next((name for name, days in DEBIAN_AGES.items() if age < days * DAY), OLDEST_DEBIAN)
