"""The tags of the official images, rebuilt from how their projects release."""

from dockerhub_mcp.sandbox.data.deterministic import DAY
from dockerhub_mcp.sandbox.data.official import OFFICIAL_IMAGES, Official
from dockerhub_mcp.sandbox.data.releases import (
    DEBIAN,
    DESKTOPS,
    SERVERS,
    Flavours,
    Series,
    Source,
    named,
    released,
)
from dockerhub_mcp.sandbox.state import Platform, Tag

YEAR = 365

PLAIN: Flavours = (("",),)
TRIXIE: Flavours = (("", "trixie"), ("alpine", "alpine3.22"), ("alpine3.21",), ("bookworm",))
SLIM: Flavours = (*TRIXIE, ("slim", "slim-trixie"))
BOOKWORM: Flavours = (("", "bookworm"), ("alpine", "alpine3.20"))
ORACLE: Flavours = (("", "oraclelinux9"),)
NOBLE: Flavours = (("", "noble"),)
MARIADB: Flavours = (("", "noble"), ("ubi",))
RABBITMQ: Flavours = (("",), ("alpine",), ("management",))
PHP: Flavours = (("", "cli"), ("fpm",), ("apache",), ("alpine",))
GO_LINUX: Flavours = (("",), ("trixie",), ("bookworm",), ("alpine", "alpine3.22"), ("alpine3.21",))
GO: Flavours = (*GO_LINUX, ("windowsservercore",), ("windowsservercore-ltsc2022",), ("nanoserver-ltsc2022",))

REDIS_NEW: Flavours = (*TRIXIE, ("alpine3.20",), ("bullseye",))
REDIS: Flavours = (
    ("", "bookworm"),
    ("alpine", "alpine3.18"),
    *((f"alpine3.{minor}",) for minor in range(12, 18)),
    ("bullseye",),
    ("buster",),
    ("32bit", "32bit-bookworm"),
    ("32bit-bullseye",),
    ("32bit-buster",),
)
REDIS_OLD: Flavours = (
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
NGINX_OLD: Flavours = (("",), ("perl",), ("alpine",), ("alpine-perl",))
NGINX: Flavours = (
    ("", "bookworm"),
    ("perl", "bookworm-perl"),
    ("alpine", "alpine3.17"),
    ("alpine-perl", "alpine3.17-perl"),
    ("alpine-slim", "alpine3.17-slim"),
)
NGINX_NEW: Flavours = (
    ("", "trixie"),
    ("perl", "trixie-perl"),
    ("otel", "trixie-otel"),
    ("alpine", "alpine3.22"),
    ("alpine-perl", "alpine3.22-perl"),
    ("alpine-slim", "alpine3.22-slim"),
    ("alpine-otel", "alpine3.22-otel"),
)

SERIES: dict[str, tuple[Series, ...]] = {
    "alpine": (
        Series("3.22", 2, 33, 40, PLAIN),
        Series("3.21", 5, 33, 50, PLAIN),
        Series("3.20", 8, 33, 50, PLAIN),
    ),
    "busybox": (Series("1.37", 0, 190, 90, (("", "glibc"), ("musl",), ("uclibc",))),),
    "caddy": (Series("2.10", 2, 60, 60, (("", "alpine"), ("builder", "builder-alpine"))),),
    "golang": (Series("1.25", 3, 13, 28, GO), Series("1.24", 9, 14, 28, GO_LINUX, 7)),
    "haproxy": (Series("3.2", 7, 9, 25, (("", "trixie"), ("alpine", "alpine3.22"))),),
    "httpd": (Series("2.4", 65, 12, 60, BOOKWORM, 58),),
    "mariadb": (Series("12.0", 2, 22, 50, MARIADB), Series("11.8", 3, 22, 60, MARIADB)),
    "memcached": (Series("1.6", 39, 14, 40, BOOKWORM, 33),),
    "mongo": (Series("8.2", 1, 10, 30, NOBLE), Series("8.0", 15, 10, 25, NOBLE, 10)),
    "mysql": (Series("9.5", 0, 9, 90, ORACLE), Series("8.4", 7, 9, 90, ORACLE)),
    "nginx": (
        Series("1.29", 3, 4, 30, NGINX_NEW),
        Series("1.28", 0, 30, 60, NGINX_NEW),
        Series("1.27", 5, 190, 40, NGINX_NEW),
        Series("1.26", 3, 180, 60, NGINX),
        Series("1.25", 5, 560, 45, NGINX),
        Series("1.24", 0, 600, 60, NGINX),
        Series("1.23", 4, 930, 40, NGINX),
        Series("1.22", 1, 960, 90, NGINX),
        Series("1.21", 6, 1380, 35, NGINX),
        Series("1.20", 2, 1300, 60, NGINX_OLD),
        Series("1.19", 10, 1660, 30, NGINX_OLD),
        Series("1.18", 0, 1700, 60, NGINX_OLD),
        Series("1.17", 10, 2000, 30, NGINX_OLD),
        Series("1.16", 1, 2050, 60, NGINX_OLD),
        Series("1.15", 12, 2380, 25, NGINX_OLD),
        Series("1.14", 2, 2450, 60, NGINX_OLD),
        Series("1.13", 12, 2750, 25, NGINX_OLD),
        Series("1.12", 2, 2900, 60, NGINX_OLD),
        Series("1.11", 13, 3150, 20, NGINX_OLD),
        Series("1.10", 3, 3250, 40, NGINX_OLD),
        Series("1.9", 15, 3450, 15, NGINX_OLD),
    ),
    "node": (
        Series("25.1", 0, 5, 10, SLIM),
        Series("24.11", 1, 7, 14, SLIM),
        Series("22.21", 1, 9, 20, BOOKWORM),
    ),
    "php": (Series("8.4", 14, 8, 28, PHP, 12), Series("8.3", 27, 8, 28, PHP, 26)),
    "postgres": (
        Series("18", 0, 8, 90, BOOKWORM),
        Series("17", 6, 8, 90, BOOKWORM),
        Series("16", 10, 8, 90, BOOKWORM, 6),
    ),
    "python": (
        Series("3.14", 0, 11, 30, SLIM),
        Series("3.13", 9, 12, 35, SLIM, 7),
        Series("3.12", 12, 20, 60, SLIM, 11),
    ),
    "rabbitmq": (Series("4.2", 0, 6, 30, RABBITMQ), Series("4.1", 5, 7, 40, RABBITMQ)),
    "redis": (
        Series("8.2", 3, 6, 21, REDIS_NEW),
        Series("8.0", 5, 9, 24, REDIS_NEW),
        Series("7.4", 7, 9, 40, REDIS_NEW),
        Series("7.2", 12, 9, 45, REDIS_NEW),
        Series("7.0", 15, 640, 30, REDIS),
        Series("6.2", 21, 12, 60, REDIS_NEW),
        Series("6.0", 20, 700, 55, REDIS),
        Series("5.0", 14, 1300, 70, REDIS),
        Series("4.0", 14, 2200, 45, REDIS_OLD),
        Series("3.2", 13, 2600, 50, REDIS_OLD),
        Series("3.0", 7, 3300, 40, REDIS_OLD),
        Series("2.8", 23, 3500, 25, REDIS_OLD, 6),
        Series("2.6", 17, 3900, 20, REDIS_OLD, 10),
    ),
    "ruby": (Series("3.4", 7, 19, 50, BOOKWORM, 4), Series("3.3", 10, 40, 70, BOOKWORM, 8)),
    "rust": (Series("1.91", 0, 9, 40, SLIM), Series("1.90", 0, 50, 40, SLIM)),
    "traefik": (Series("3.5", 4, 8, 15, PLAIN), Series("2.11", 29, 8, 20, PLAIN, 20)),
}

# Images whose tags are names rather than versions: the age in days, and the names of one build.
BUILDS: dict[str, tuple[tuple[float, str], ...]] = {
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
PLATFORMS: dict[str, tuple[Platform, ...]] = {
    **dict.fromkeys(("eclipse-temurin", "mariadb", "rust", "ubuntu"), SERVERS),
    **dict.fromkeys(("mongo", "mysql", "openjdk", "traefik"), DESKTOPS),
}
WITH_WINDOWS = {"golang"}


def official_tags(image: Official, now: float) -> list[Tag]:
    """All tags of an official image."""
    platforms = PLATFORMS.get(image.name, DEBIAN)
    source = Source("library", image.name, image.megabytes * 1_000_000, platforms, image.name in WITH_WINDOWS)
    return released(source, SERIES.get(image.name, ()), now) + named(source, BUILDS.get(image.name, ()), now)


def last_push(image: Official, now: float) -> float:
    """When a tag of an official image was last pushed, without making the tags."""
    ages = [line.age for line in SERIES.get(image.name, ())] + [age for age, _ in BUILDS.get(image.name, ())]
    return now - min(ages) * DAY


__all__ = ["OFFICIAL_IMAGES", "Official", "last_push", "official_tags"]
