"""The tags of the official images, rebuilt from how their projects release."""

from dockerhub_mcp.sandbox.data.deterministic import DAY
from dockerhub_mcp.sandbox.data.official import OFFICIAL_IMAGES, OfficialImage
from dockerhub_mcp.sandbox.data.releases import (
    DEBIAN_PLATFORMS,
    DESKTOP_PLATFORMS,
    SERVER_PLATFORMS,
    BuildVariants,
    ReleaseLine,
    TagTemplate,
    build_named_tags,
    build_release_tags,
)
from dockerhub_mcp.sandbox.state import PlatformRecord, TagRecord

YEAR = 365

PLAIN: BuildVariants = (("",),)
TRIXIE: BuildVariants = (("", "trixie"), ("alpine", "alpine3.22"), ("alpine3.21",), ("bookworm",))
SLIM: BuildVariants = (*TRIXIE, ("slim", "slim-trixie"))
BOOKWORM: BuildVariants = (("", "bookworm"), ("alpine", "alpine3.20"))
ORACLE: BuildVariants = (("", "oraclelinux9"),)
NOBLE: BuildVariants = (("", "noble"),)
MARIADB: BuildVariants = (("", "noble"), ("ubi",))
RABBITMQ: BuildVariants = (("",), ("alpine",), ("management",))
PHP: BuildVariants = (("", "cli"), ("fpm",), ("apache",), ("alpine",))
GO_LINUX: BuildVariants = (("",), ("trixie",), ("bookworm",), ("alpine", "alpine3.22"), ("alpine3.21",))
GO: BuildVariants = (
    *GO_LINUX,
    ("windowsservercore",),
    ("windowsservercore-ltsc2022",),
    ("nanoserver-ltsc2022",),
)

REDIS_NEW: BuildVariants = (*TRIXIE, ("alpine3.20",), ("bullseye",))
REDIS: BuildVariants = (
    ("", "bookworm"),
    ("alpine", "alpine3.18"),
    *((f"alpine3.{minor}",) for minor in range(12, 18)),
    ("bullseye",),
    ("buster",),
    ("32bit", "32bit-bookworm"),
    ("32bit-bullseye",),
    ("32bit-buster",),
)
REDIS_OLD: BuildVariants = (
    ("", "stretch"),
    ("alpine", "alpine3.8"),
    *((f"alpine3.{minor}",) for minor in range(4, 8)),
    ("jessie",),
    ("wheezy",),
    ("32bit", "32bit-stretch"),
    ("32bit-jessie",),
    ("32bit-wheezy",),
    ("windowsservercore",),
    ("nanoserver",),
)
NGINX_OLD: BuildVariants = (("",), ("perl",), ("alpine",), ("alpine-perl",))
NGINX: BuildVariants = (
    ("", "bookworm"),
    ("perl", "bookworm-perl"),
    ("alpine", "alpine3.17"),
    ("alpine-perl", "alpine3.17-perl"),
    ("alpine-slim", "alpine3.17-slim"),
)
NGINX_NEW: BuildVariants = (
    ("", "trixie"),
    ("perl", "trixie-perl"),
    ("otel", "trixie-otel"),
    ("alpine", "alpine3.22"),
    ("alpine-perl", "alpine3.22-perl"),
    ("alpine-slim", "alpine3.22-slim"),
    ("alpine-otel", "alpine3.22-otel"),
)

RELEASE_LINES: dict[str, tuple[ReleaseLine, ...]] = {
    "alpine": (
        ReleaseLine("3.22", 2, 33, 40, PLAIN),
        ReleaseLine("3.21", 5, 33, 50, PLAIN),
        ReleaseLine("3.20", 8, 33, 50, PLAIN),
    ),
    "busybox": (ReleaseLine("1.37", 0, 190, 90, (("", "glibc"), ("musl",), ("uclibc",))),),
    "caddy": (ReleaseLine("2.10", 2, 60, 60, (("", "alpine"), ("builder", "builder-alpine"))),),
    "golang": (ReleaseLine("1.25", 3, 13, 28, GO), ReleaseLine("1.24", 9, 14, 28, GO_LINUX, 7)),
    "haproxy": (ReleaseLine("3.2", 7, 9, 25, (("", "trixie"), ("alpine", "alpine3.22"))),),
    "httpd": (ReleaseLine("2.4", 65, 12, 60, BOOKWORM, 58),),
    "mariadb": (ReleaseLine("12.0", 2, 22, 50, MARIADB), ReleaseLine("11.8", 3, 22, 60, MARIADB)),
    "memcached": (ReleaseLine("1.6", 39, 14, 40, BOOKWORM, 33),),
    "mongo": (ReleaseLine("8.2", 1, 10, 30, NOBLE), ReleaseLine("8.0", 15, 10, 25, NOBLE, 10)),
    "mysql": (ReleaseLine("9.5", 0, 9, 90, ORACLE), ReleaseLine("8.4", 7, 9, 90, ORACLE)),
    "nginx": (
        ReleaseLine("1.29", 3, 4, 30, NGINX_NEW),
        ReleaseLine("1.28", 0, 30, 60, NGINX_NEW),
        ReleaseLine("1.27", 5, 190, 40, NGINX_NEW),
        ReleaseLine("1.26", 3, 180, 60, NGINX),
        ReleaseLine("1.25", 5, 560, 45, NGINX),
        ReleaseLine("1.24", 0, 600, 60, NGINX),
        ReleaseLine("1.23", 4, 930, 40, NGINX),
        ReleaseLine("1.22", 1, 960, 90, NGINX),
        ReleaseLine("1.21", 6, 1380, 35, NGINX),
        ReleaseLine("1.20", 2, 1300, 60, NGINX_OLD),
        ReleaseLine("1.19", 10, 1660, 30, NGINX_OLD),
        ReleaseLine("1.18", 0, 1700, 60, NGINX_OLD),
        ReleaseLine("1.17", 10, 2000, 30, NGINX_OLD),
        ReleaseLine("1.16", 1, 2050, 60, NGINX_OLD),
        ReleaseLine("1.15", 12, 2380, 25, NGINX_OLD),
        ReleaseLine("1.14", 2, 2450, 60, NGINX_OLD),
        ReleaseLine("1.13", 12, 2750, 25, NGINX_OLD),
        ReleaseLine("1.12", 2, 2900, 60, NGINX_OLD),
        ReleaseLine("1.11", 13, 3150, 20, NGINX_OLD),
        ReleaseLine("1.10", 3, 3250, 40, NGINX_OLD),
        ReleaseLine("1.9", 15, 3450, 15, NGINX_OLD),
    ),
    "node": (
        ReleaseLine("25.1", 0, 5, 10, SLIM),
        ReleaseLine("24.11", 1, 7, 14, SLIM),
        ReleaseLine("22.21", 1, 9, 20, BOOKWORM),
    ),
    "php": (ReleaseLine("8.4", 14, 8, 28, PHP, 12), ReleaseLine("8.3", 27, 8, 28, PHP, 26)),
    "postgres": (
        ReleaseLine("18", 0, 8, 90, BOOKWORM),
        ReleaseLine("17", 6, 8, 90, BOOKWORM),
        ReleaseLine("16", 10, 8, 90, BOOKWORM, 6),
    ),
    "python": (
        ReleaseLine("3.14", 0, 11, 30, SLIM),
        ReleaseLine("3.13", 9, 12, 35, SLIM, 7),
        ReleaseLine("3.12", 12, 20, 60, SLIM, 11),
    ),
    "rabbitmq": (ReleaseLine("4.2", 0, 6, 30, RABBITMQ), ReleaseLine("4.1", 5, 7, 40, RABBITMQ)),
    "redis": (
        ReleaseLine("8.2", 3, 6, 21, REDIS_NEW),
        ReleaseLine("8.0", 5, 9, 24, REDIS_NEW),
        ReleaseLine("7.4", 7, 9, 40, REDIS_NEW),
        ReleaseLine("7.2", 12, 9, 45, REDIS_NEW),
        ReleaseLine("7.0", 15, 640, 30, REDIS),
        ReleaseLine("6.2", 21, 12, 60, REDIS_NEW),
        ReleaseLine("6.0", 20, 700, 55, REDIS),
        ReleaseLine("5.0", 14, 1300, 70, REDIS),
        ReleaseLine("4.0", 14, 2200, 45, REDIS_OLD),
        ReleaseLine("3.2", 13, 2600, 50, REDIS_OLD),
        ReleaseLine("3.0", 7, 3300, 40, REDIS_OLD),
        ReleaseLine("2.8", 23, 3500, 25, REDIS_OLD, 6),
        ReleaseLine("2.6", 17, 3900, 20, REDIS_OLD, 10),
    ),
    "ruby": (ReleaseLine("3.4", 7, 19, 50, BOOKWORM, 4), ReleaseLine("3.3", 10, 40, 70, BOOKWORM, 8)),
    "rust": (ReleaseLine("1.91", 0, 9, 40, SLIM), ReleaseLine("1.90", 0, 50, 40, SLIM)),
    "traefik": (ReleaseLine("3.5", 4, 8, 15, PLAIN), ReleaseLine("2.11", 29, 8, 20, PLAIN, 20)),
}

# Images whose tags are names rather than versions: the age in days, and the names of one build.
NAMED_BUILDS: dict[str, tuple[tuple[float, str], ...]] = {
    "alpine": ((20.0, "edge 20251016"),),
    "busybox": ((400.0, "1.36.1 1.36"),),
    "debian": (
        (10.0, "13 13.1 trixie latest stable trixie-20251020"),
        (10.1, "13-slim trixie-slim stable-slim"),
        (10.2, "12 12.12 bookworm oldstable"),
        (10.3, "12-slim bookworm-slim"),
        (11.0, "sid unstable"),
        (500.0, "10 buster"),
        (2400.0, "8 jessie"),
        (3600.0, "7 wheezy"),
    ),
    "eclipse-temurin": (
        (7.0, "25 25-jdk 25-jdk-noble latest"),
        (7.1, "25-jre 25-jre-noble"),
        (7.2, "21 21-jdk 21-jdk-noble"),
        (7.3, "21-jre 21-jre-noble"),
        (7.4, "17 17-jdk"),
        (7.5, "17-jre"),
        (7.6, "8 8-jdk"),
    ),
    "hello-world": (
        (80.0, "latest linux"),
        (80.1, "nanoserver-ltsc2022 nanoserver"),
        (2900.0, "nanoserver1709"),
    ),
    "openjdk": (
        (6.0, "26-ea 26-ea-jdk 26-jdk"),
        (6.1, "26-ea-slim 26-jdk-slim"),
        (1180.0, "17 17-jdk 17-oracle"),
        (1190.0, "11 11-jdk"),
        (1195.0, "8 8-jdk latest"),
        (2700.0, "7 7-jdk"),
        (3600.0, "6 6-jdk"),
    ),
    "ubuntu": (
        (14.0, "25.10 questing rolling questing-20251007"),
        (15.0, "24.04 noble latest noble-20251013"),
        (16.0, "22.04 jammy jammy-20251001"),
        (48.0, "25.04 plucky"),
        (900.0, "20.04 focal"),
        (1600.0, "18.04 bionic"),
        (2900.0, "16.04 xenial"),
        (3600.0, "14.04 trusty"),
        (3800.0, "12.04 precise"),
    ),
}
IMAGE_PLATFORMS: dict[str, tuple[PlatformRecord, ...]] = {
    **dict.fromkeys(("eclipse-temurin", "mariadb", "rust", "ubuntu"), SERVER_PLATFORMS),
    **dict.fromkeys(("mongo", "mysql", "openjdk", "traefik"), DESKTOP_PLATFORMS),
}
IMAGES_WITH_WINDOWS = {"golang"}


def build_official_tags(image: OfficialImage, now: float) -> list[TagRecord]:
    """All tags of an official image."""
    platforms = IMAGE_PLATFORMS.get(image.name, DEBIAN_PLATFORMS)
    source = TagTemplate(
        "library", image.name, image.megabytes * 1_000_000, platforms, image.name in IMAGES_WITH_WINDOWS
    )
    return build_release_tags(source, RELEASE_LINES.get(image.name, ()), now) + build_named_tags(
        source, NAMED_BUILDS.get(image.name, ()), now
    )


def get_last_push_time(image: OfficialImage, now: float) -> float:
    """When a tag of an official image was last pushed, without making the tags."""
    ages = [line.age_days for line in RELEASE_LINES.get(image.name, ())] + [
        age for age, _ in NAMED_BUILDS.get(image.name, ())
    ]
    return now - min(ages) * DAY


__all__ = ["OFFICIAL_IMAGES", "OfficialImage", "build_official_tags", "get_last_push_time"]
