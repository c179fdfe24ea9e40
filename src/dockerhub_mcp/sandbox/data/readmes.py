"""The long texts on the pages of repositories, written when somebody first looks."""

from collections.abc import Iterator

from dockerhub_mcp.sandbox.data.deterministic import derive_digest
from dockerhub_mcp.sandbox.data.images import IMAGE_PLATFORMS, NAMED_BUILDS, RELEASE_LINES
from dockerhub_mcp.sandbox.data.official import OfficialImage
from dockerhub_mcp.sandbox.data.readme_facts import README_FACTS, ReadmeFacts
from dockerhub_mcp.sandbox.data.readme_texts import (
    CONFIGURATION_SECTION,
    DATA_SECTION,
    ENVIRONMENT_SECTION,
    LICENCE_SECTION,
    OPENING_SECTION,
    PROGRAM_SECTION,
    PUBLISHED_README,
    REFERENCE_SECTION,
    SERVER_SECTION,
    VARIANT_SECTIONS,
    VARIANTS_SECTION,
)
from dockerhub_mcp.sandbox.data.releases import (
    DEBIAN_PLATFORMS,
    TagTemplate,
    build_named_tags,
    build_release_tags,
)

SUPPORTED_DAYS = 100
"""Days after its last release that a line of releases is still listed."""
SUITES = ("trixie", "bookworm", "noble")


def render_published_readme(namespace: str, name: str, description: str) -> str:
    """The page of an image that somebody else publishes."""
    return PUBLISHED_README.format(
        title=name.replace("-", " ").capitalize(),
        namespace=namespace,
        name=name,
        description=description,
        prefix=name.upper().replace("-", "_"),
    )


def render_official_readme(image: OfficialImage, now: float) -> str:
    """The page of an official image."""
    facts, name = README_FACTS[image.name], image.name
    lines = list(_iter_supported_builds(name, now))
    first = lines[0][0] if lines else ["latest"]
    tag = next((each for each in first if each != "latest"), "latest")
    platforms = (
        f"`{each.architecture}{each.variant or ''}`" for each in IMAGE_PLATFORMS.get(name, DEBIAN_PLATFORMS)
    )
    required = f"-e {facts.environment_variables[0][0]}=a-secret " if _has_required_password(facts) else ""
    words = {
        "name": name,
        "tag": tag,
        "source": f"https://github.com/docker-library/{name}",
        "architectures": ", ".join(platforms),
        "required": required,
        "publish": f"-p {facts.port}:{facts.port} " if facts.port else "",
        "compose": _render_compose_options(facts, name),
        "command": facts.example_command or "sh",
        "file": facts.config_file,
        **facts._asdict(),
    }
    everything = [
        OPENING_SECTION,
        *_render_supported_tags(name, lines),
        REFERENCE_SECTION,
        SERVER_SECTION if facts.port else PROGRAM_SECTION,
    ]
    everything += [CONFIGURATION_SECTION] if facts.config_file else []
    everything += [DATA_SECTION] if facts.data_directory else []
    text = "".join(part.format(**words) for part in everything)
    if facts.environment_variables:
        text += ENVIRONMENT_SECTION + "".join(
            f"### `{name}`\n\n{meaning}\n\n" for name, meaning in facts.environment_variables
        )
    return text + _render_variants(lines, words) + LICENCE_SECTION.format(**words)


def _has_required_password(facts: ReadmeFacts) -> bool:
    return bool(facts.environment_variables) and facts.environment_variables[0][0].endswith("PASSWORD")


def _render_compose_options(facts: ReadmeFacts, name: str) -> str:
    volume = f"\n    volumes:\n      - {name}-data:{facts.data_directory}" if facts.data_directory else ""
    secret = (
        f"\n    environment:\n      {facts.environment_variables[0][0]}: a-secret"
        if _has_required_password(facts)
        else ""
    )
    return f"{secret}{volume}" + (f"\nvolumes:\n  {name}-data:" if volume else "")


def _iter_supported_builds(name: str, now: float) -> Iterator[tuple[list[str], str]]:
    """The names of each build that is still cared for, and the directory that it is made from."""
    series, builds = RELEASE_LINES.get(name, ()), NAMED_BUILDS.get(name, ())
    longest = max(SUPPORTED_DAYS, min(line.age_days for line in series) if series else 0)
    newest = tuple(line._replace(first_patch=line.last_patch) for line in series if line.age_days <= longest)
    recent = tuple(build for build in builds if build[0] <= longest)
    source = TagTemplate("library", name, 0)
    found: dict[str, list[str]] = {}
    for tag in build_release_tags(source, newest, now) + build_named_tags(source, recent, now):
        found.setdefault(tag.build_key, []).append(tag.name)
    for build, names in found.items():
        version, slash, suffix = build.partition("/")
        directory = version.rpartition(".")[0] if slash else version.split()[0]
        yield names, f"{directory}/{suffix}" if suffix else directory


def _render_supported_tags(name: str, builds: list[tuple[list[str], str]]) -> Iterator[str]:
    for names, directory in builds:
        commit = derive_digest("dockerfile", name, directory)[7:47]
        where = f"https://github.com/docker-library/{name}/blob/{commit}/{directory}/Dockerfile"
        yield f"-	[{', '.join(f'`{each}`' for each in names)}]({where})\n\n"


def _render_variants(builds: list[tuple[list[str], str]], template_values: dict[str, object]) -> str:
    names = [name for aliases, _ in builds for name in aliases]
    suites = [suite for suite in SUITES if any(suite in name for name in names)]
    parts = [VARIANTS_SECTION] if suites else []
    parts += [part for mark, part in VARIANT_SECTIONS.items() if any(mark in name for name in names)]
    shown = " and ".join(f"`{suite}`" for suite in suites)
    return "".join(part.format(**template_values, suites=shown) for part in parts)
