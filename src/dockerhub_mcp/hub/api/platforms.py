"""Names of CPU architectures and operating systems, as the Hub's filters take them.

The Hub compares them literally and answers an unknown one with an empty list. So names from `uname`, from
Debian and from Docker's `--platform` are turned into the Hub's own.
"""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.api.filters import quote

ARCHITECTURES = (
    "amd64",
    "arm64",
    "arm",
    "386",
    "ppc64le",
    "s390x",
    "riscv64",
    "mips64le",
    "mipsle",
    "loong64",
    "wasm",
)
OPERATING_SYSTEMS = ("linux", "windows")

_ARCHITECTURE_ALIASES = {
    "amd64": ("x86_64", "x86-64", "x8664", "x64", "em64t", "intel64", "amd-64"),
    "arm64": ("aarch64", "arm64v8", "armv8", "armv8l", "arm64e", "arm-64"),
    "arm": (
        "arm32", "armhf", "armel", "aarch32", "armv5", "armv6", "armv7", "armv5l", "armv6l", "armv7l",
        "armv7a", "armv7hl", "arm32v5", "arm32v6", "arm32v7", "arm-v6", "arm-v7",
    ),
    "386": ("i386", "i486", "i586", "i686", "x86", "ia32", "x86_32", "x32"),
    "ppc64le": ("ppc64el", "powerpc64le", "power8le", "ppc64-le"),
    "riscv64": ("riscv", "rv64", "riscv64gc", "risc-v"),
    "s390x": ("s390", "ibmz", "z/architecture"),
    "mips64le": ("mips64el",),
    "mipsle": ("mipsel",),
    "loong64": ("loongarch64", "loongarch"),
    "wasm": ("wasm32", "webassembly"),
}  # fmt: skip
_ARCHITECTURES = {alias: name for name, aliases in _ARCHITECTURE_ALIASES.items() for alias in aliases}
_WINDOWS_ALIASES = frozenset(
    {"win", "win32", "win64", "windowsservercore", "nanoserver", "servercore", "windows nt", "windows server"}
)
_LINUX_ALIASES = frozenset({"gnu/linux", "linux-gnu", "linux2", "lin"})
_APPLE = frozenset({"macos", "darwin", "osx", "mac", "macosx", "mac os", "mac os x", "os x"})
_DISTRIBUTIONS = frozenset(
    {
        "alpine", "debian", "ubuntu", "centos", "fedora", "rhel", "amazonlinux", "rockylinux", "almalinux",
        "busybox", "bookworm", "bullseye", "trixie", "jammy", "noble", "opensuse", "archlinux", "ubi",
    }
)  # fmt: skip
_APPLE_RULE = "Docker on a Mac runs Linux images; use linux, with arm64 (Apple silicon) or amd64 (Intel)"


def normalize_platform(
    architecture: str | None, os: str | None, notes: list[str]
) -> tuple[str | None, str | None]:
    """Return the architecture and the operating system of a filter as the Hub knows them.

    Args:
        architecture: Such as `aarch64`, `arm/v7` or `linux/arm64`.
        os: Such as `Linux` or `windows/amd64`.
        notes: Receives a sentence where the filter matches more than was asked for.

    Raises:
        ValueError: No image can match, or one argument contradicts the other.
    """
    for name, value in (("architecture", architecture), ("os", os)):
        if value and "," in value:
            msg = f"{name} takes one value; call once for each of {quote(value)}"
            raise ValueError(msg)
    found_os, found_architecture, variant = None, None, ""
    if architecture:
        found_os, found_architecture, variant = split_architecture(architecture)
    if os:
        os_part, _, rest = os.strip().lower().partition("/")
        if rest and f"{os_part}/{rest}" not in _LINUX_ALIASES:
            _, os_architecture, variant = split_architecture(rest)
            found_architecture = _require_same("architecture", found_architecture, os_architecture)
        else:
            os_part = os.strip().lower()
        found_os = _require_same("os", found_os, normalize_os(os_part))
    if variant:
        notes.append(
            f"The Hub's filter has no variants such as {quote(variant)}: all of {found_architecture} match."
        )
    return found_architecture, found_os


def _require_same(name: str, first: str | None, second: str | None) -> str | None:
    if first and second and first != second:
        msg = f"{name} is given as {quote(first)} and as {quote(second)}; give one"
        raise ValueError(msg)
    return first or second


def split_architecture(text: str) -> tuple[str | None, str | None, str]:
    """Return the operating system, the architecture, and the variant unless it is the usual one."""
    os, parts = None, [part for part in text.strip().lower().split("/") if part]
    if len(parts) > 1 and normalize_architecture(parts[0]) not in ARCHITECTURES:
        os = normalize_os(parts.pop(0))
    if len(parts) == 1 and (known := _normalize_lone_os(parts[0])):
        return known, None, ""
    if not parts:
        return os, None, ""
    name = normalize_architecture(parts[0])
    variant = parts[1] if len(parts) > 1 else ""
    if name == "arm" and not variant:
        variant = next((f"v{digit}" for digit in "567" if digit in parts[0]), "")
        variant = variant or {"armhf": "v7", "armel": "v5"}.get(parts[0], "")
    is_usual = name == "arm64" and variant in {"", "v8", "8"}
    return os, name, "" if is_usual else variant


def _normalize_lone_os(text: str) -> str | None:
    """Return the operating system where one is given in place of an architecture."""
    if text in _APPLE or text in {"linux", "windows"}:
        return normalize_os(text)
    return None


def normalize_architecture(text: str) -> str:
    """Return the Hub's name of an architecture; an unknown one in lower case."""
    name = text.strip().lower()
    return _ARCHITECTURES.get(name, name)


def normalize_os(text: str) -> str:
    """Return the Hub's name of an operating system; an unknown one in lower case.

    Raises:
        ValueError: It is one that no image on the Hub has.
    """
    name = text.strip().lower()
    if name in _APPLE:
        msg = f"no image on the Hub has os {quote(text)}: {_APPLE_RULE}"
        raise ValueError(msg)
    if name in _DISTRIBUTIONS:
        msg = (
            f"no image on the Hub has os {quote(text)}, a distribution; its images have linux, and tags "
            f"are filtered by name, such as name={name!r}"
        )
        raise ValueError(msg)
    if name in _WINDOWS_ALIASES:
        return "windows"
    return "linux" if name in _LINUX_ALIASES else name


def normalize_platform_arguments(arguments: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Normalize the arguments `architecture` and `os` of a call, if they are text.

    Raises:
        ValueError: No image can match.
    """
    given = {name: arguments.get(name) for name in ("architecture", "os")}
    if not any(given.values()) or any(value and not isinstance(value, str) for value in given.values()):
        return arguments
    architecture, os = normalize_platform(given["architecture"], given["os"], notes)
    normalized = {"architecture": architecture, "os": os}
    return {name: value for name, value in arguments.items() if name not in normalized} | {
        name: value for name, value in normalized.items() if value
    }


def describe_unknown_platform(architecture: str | None, os: str | None) -> list[str]:
    """Return a sentence for each part of a platform that the Hub's images do not usually have."""
    notes = []
    if architecture and architecture not in ARCHITECTURES:
        notes.append(
            f"architecture {quote(architecture)} is not one that images on the Hub usually have: "
            f"{', '.join(ARCHITECTURES[:7])}."
        )
    if os and os not in OPERATING_SYSTEMS:
        notes.append(
            f"os {quote(os)} is not one that images on the Hub usually have: {', '.join(OPERATING_SYSTEMS)}."
        )
    return notes
