"""The long texts on the pages of repositories, written when somebody first looks."""

from collections.abc import Iterator

from dockerhub_mcp.sandbox.data.deterministic import digest
from dockerhub_mcp.sandbox.data.images import BUILDS, PLATFORMS, SERIES
from dockerhub_mcp.sandbox.data.official import Official
from dockerhub_mcp.sandbox.data.readme_facts import FACTS, Facts
from dockerhub_mcp.sandbox.data.readme_texts import (
    FLAVOURS,
    KEEPING,
    LICENCE,
    OPENING,
    PROGRAM,
    PUBLISHED,
    REFERENCE,
    SERVER,
    SETTINGS,
    VARIABLES,
    VARIANTS,
)
from dockerhub_mcp.sandbox.data.releases import DEBIAN, Source, named, released

SUPPORTED_FOR = 100
"""Days after its last release that a line of releases is still listed."""
SUITES = ("trixie", "bookworm", "noble")


def published_readme(namespace: str, name: str, description: str) -> str:
    """The page of an image that somebody else publishes."""
    return PUBLISHED.format(
        title=name.replace("-", " ").capitalize(),
        namespace=namespace,
        name=name,
        description=description,
        prefix=name.upper().replace("-", "_"),
    )


def official_readme(image: Official, now: float) -> str:
    """The page of an official image."""
    facts, name = FACTS[image.name], image.name
    lines = list(_builds(name, now))
    first = lines[0][0] if lines else ["latest"]
    tag = next((each for each in first if each != "latest"), "latest")
    platforms = (f"`{each.architecture}{each.variant or ''}`" for each in PLATFORMS.get(name, DEBIAN))
    required = f"-e {facts.variables[0][0]}=a-secret " if _wants_password(facts) else ""
    words = {
        "name": name,
        "tag": tag,
        "source": f"https://github.com/docker-library/{name}",
        "architectures": ", ".join(platforms),
        "required": required,
        "publish": f"-p {facts.port}:{facts.port} " if facts.port else "",
        "compose": _compose(facts, name),
        "command": facts.try_it or "sh",
        "file": facts.configured_by,
        **facts._asdict(),
    }
    everything = [OPENING, *_supported(name, lines), REFERENCE, SERVER if facts.port else PROGRAM]
    everything += [SETTINGS] if facts.configured_by else []
    everything += [KEEPING] if facts.keeps else []
    text = "".join(part.format(**words) for part in everything)
    if facts.variables:
        text += VARIABLES + "".join(f"### `{name}`\n\n{meaning}\n\n" for name, meaning in facts.variables)
    return text + _variants(lines, words) + LICENCE.format(**words)


def _wants_password(facts: Facts) -> bool:
    return bool(facts.variables) and facts.variables[0][0].endswith("PASSWORD")


def _compose(facts: Facts, name: str) -> str:
    volume = f"\n    volumes:\n      - {name}-data:{facts.keeps}" if facts.keeps else ""
    secret = f"\n    environment:\n      {facts.variables[0][0]}: a-secret" if _wants_password(facts) else ""
    return f"{secret}{volume}" + (f"\nvolumes:\n  {name}-data:" if volume else "")


def _builds(name: str, now: float) -> Iterator[tuple[list[str], str]]:
    """The names of each build that is still cared for, and the directory that it is made from."""
    series, builds = SERIES.get(name, ()), BUILDS.get(name, ())
    longest = max(SUPPORTED_FOR, min(line.age for line in series) if series else 0)
    newest = tuple(line._replace(first=line.last) for line in series if line.age <= longest)
    recent = tuple(build for build in builds if build[0] <= longest)
    source = Source("library", name, 0)
    found: dict[str, list[str]] = {}
    for tag in released(source, newest, now) + named(source, recent, now):
        found.setdefault(tag.build, []).append(tag.name)
    for build, names in found.items():
        version, slash, suffix = build.partition("/")
        directory = version.rpartition(".")[0] if slash else version.split()[0]
        yield names, f"{directory}/{suffix}" if suffix else directory


def _supported(name: str, lines: list[tuple[list[str], str]]) -> Iterator[str]:
    for names, directory in lines:
        commit = digest("dockerfile", name, directory)[7:47]
        where = f"https://github.com/docker-library/{name}/blob/{commit}/{directory}/Dockerfile"
        yield f"-	[{', '.join(f'`{each}`' for each in names)}]({where})\n\n"


def _variants(lines: list[tuple[list[str], str]], words: dict[str, object]) -> str:
    names = [name for aliases, _ in lines for name in aliases]
    suites = [suite for suite in SUITES if any(suite in name for name in names)]
    parts = [VARIANTS] if suites else []
    parts += [part for mark, part in FLAVOURS.items() if any(mark in name for name in names)]
    shown = " and ".join(f"`{suite}`" for suite in suites)
    return "".join(part.format(**words, suites=shown) for part in parts)
