"""The platforms that sample images are built for."""

from dockerhub_mcp.sandbox.image_records import PlatformRecord

AMD64 = PlatformRecord("linux", "amd64")
I386 = PlatformRecord("linux", "386")
ARM64 = PlatformRecord("linux", "arm64", "v8")
ARM_V5, ARM_V6, ARM_V7 = (PlatformRecord("linux", "arm", variant) for variant in ("v5", "v6", "v7"))
PPC64LE, S390X, RISCV64 = (PlatformRecord("linux", name) for name in ("ppc64le", "s390x", "riscv64"))

WINDOWS_PLATFORMS = (
    PlatformRecord("windows", "amd64", None, "10.0.26100.6899"),
    PlatformRecord("windows", "amd64", None, "10.0.20348.4294"),
)
DEBIAN_PLATFORMS = (AMD64, ARM_V5, ARM_V7, ARM64, I386, PPC64LE, S390X)
ALPINE_PLATFORMS = (AMD64, ARM_V6, ARM_V7, ARM64, I386, PPC64LE, RISCV64, S390X)
SERVER_PLATFORMS = (AMD64, ARM64, PPC64LE, S390X)
DESKTOP_PLATFORMS = (AMD64, ARM64)

PLATFORM_SETS = {
    "debian": DEBIAN_PLATFORMS,
    "server": SERVER_PLATFORMS,
    "desktop": DESKTOP_PLATFORMS,
    "amd64": (AMD64,),
    "windows": WINDOWS_PLATFORMS,
    "windows-releases": (*WINDOWS_PLATFORMS, PlatformRecord("windows", "amd64", None, "10.0.17763.7919")),
}
"""The sets of platforms by the name that the records use."""
