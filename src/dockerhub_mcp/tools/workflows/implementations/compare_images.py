"""Compare two images: digest, version, layers, sizes, configuration, platforms and packages."""

from __future__ import annotations

from anyio import to_thread

from dockerhub_mcp.hub.quoting import quote_name
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_content.attestations import AttestationFacts
from dockerhub_mcp.tools.image_content.comparison import (
    compare_layers,
    count_package_changes,
    describe_unshown,
    limit_changes,
)
from dockerhub_mcp.tools.image_content.config_changes import (
    compare_build,
    compare_configs,
    compare_labels,
    is_claim,
)
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE
from dockerhub_mcp.tools.image_content.masking import HIDDEN, HIDDEN_NOTE
from dockerhub_mcp.tools.image_content.pair import (
    ARGUMENTS,
    ImagePair,
    read_pair,
    read_pair_attestations,
    resolve_pair,
)
from dockerhub_mcp.tools.image_content.platform_changes import compare_platforms, name_release
from dockerhub_mcp.tools.image_content.platforms import parse_platform
from dockerhub_mcp.tools.image_content.results.comparison import ImageComparison
from dockerhub_mcp.tools.image_content.versions import compare_versions
from dockerhub_mcp.tools.images.pulls import report_pulls
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.compare_images import CompareImages

BothFacts = tuple[AttestationFacts | None, AttestationFacts | None]


CLAIMS_NOTE = "Labels, base image, source and SBOMs are claims of the publishers; nothing is verified."


async def run(call: CompareImages, context: ToolContext) -> WorkflowResult:
    """Read both images as far as they differ, and report what could not be read."""
    targets = ImageTarget.parse(call.image), ImageTarget.parse(call.with_image)
    wanted = parse_platform(call.platform) if call.platform else None
    registry = context.registry
    session = registry.start_session() if registry else None
    pair = await resolve_pair(context, session, targets, wanted)
    result = ImageComparison()
    facts: BothFacts = None, None
    if session is not None and not pair.has_same_digest:
        await read_pair(pair, session, wanted)
        if not pair.has_same_image:
            facts = await read_pair_attestations(pair, session)
    for argument, content, target in zip(ARGUMENTS, pair.contents, targets, strict=True):
        digest = content.resolved.digest
        setattr(result, argument, target.pin(digest) if digest else str(target))
    notes = [*_list_remarks(pair), *_describe_sameness(result, pair)]
    if not pair.has_same_digest:
        notes += _describe_version(result, targets)
        _describe_platforms(result, pair)
        notes += _describe_content(result, pair, facts)
        notes += await _describe_packages(result, facts)
        notes += _list_caveats(result)
    if session is not None:
        result.pulls = report_pulls(session)
    uses_registry = any(content.resolved.is_in_registry for content in pair.contents)
    return WorkflowResult(result, notes, " ".join(pair.list_gaps()), uses_registry=uses_registry)


def _describe_version(result: ImageComparison, targets: tuple[ImageTarget, ImageTarget]) -> list[str]:
    """Fill in which tag is the newer version; versions of differently named repositories mean nothing."""
    if targets[0].repository != targets[1].repository:
        return []
    result.version, problem = compare_versions(targets[0].tag, targets[1].tag)
    return [problem] if problem else []


def _list_remarks(pair: ImagePair) -> list[str]:
    return [
        f"{argument}: {remark}"
        for argument, content in zip(ARGUMENTS, pair.contents, strict=True)
        for remark in content.resolved.remarks
    ]


def _describe_sameness(result: ImageComparison, pair: ImagePair) -> list[str]:
    """Fill in whether the images are the same; return notes."""
    first, second = pair.contents
    if pair.has_same_digest:
        result.same = "index" if first.resolved.is_index else "image"
        return ["Both references stand for the same digest, so nothing differs."]
    notes = [
        f"Kind of {argument}: {content.kind}."
        for argument, content in zip(ARGUMENTS, pair.contents, strict=True)
        if content.kind != CONTAINER_IMAGE
    ]
    if not (first.image_digest and second.image_digest):
        has_manifests = first.manifest is not None and second.manifest is not None
        result.same = "no" if has_manifests else "unknown"
        return notes
    names = [name_release(content.chosen) for content in pair.contents if content.chosen]
    result.platform = names[0]
    if names[0] != names[1]:
        result.platform = None
        notes.append(f"They have no platform in common: {' is compared with '.join(map(quote_name, names))}.")
    if pair.has_same_image:
        result.same = "image"
        return [*notes, f"The image of {names[0]} is the same; only the index around it differs."]
    result.same = "no"
    return notes


def _list_caveats(result: ImageComparison) -> list[str]:
    """Return notes on values that are hidden, and on those that the publishers claim."""
    settings = [each.setting or "" for each in result.changes or []]
    has_claims = result.packages is not None or any(is_claim(setting) for setting in settings)
    return [
        *([CLAIMS_NOTE] if has_claims else []),
        *([HIDDEN_NOTE] if HIDDEN in repr(result.changes) else []),
    ]


def _describe_platforms(result: ImageComparison, pair: ImagePair) -> None:
    if all(content.platforms or content.index for content in pair.contents):
        result.sizes, result.platforms_gained, result.platforms_lost = compare_platforms(
            pair.first.platforms, pair.second.platforms
        )


def _describe_content(result: ImageComparison, pair: ImagePair, facts: BothFacts) -> list[str]:
    """Fill in the differences of layers and configuration; return notes."""
    first, second = pair.contents
    if pair.has_same_image:
        return []
    notes: list[str] = []
    if first.manifest is not None and second.manifest is not None:
        result.layers = compare_layers(first.manifest, second.manifest)
    changes = []
    if first.config is not None and second.config is not None:
        changes += compare_configs(first.config, second.config)
    elif first.manifest is not None and second.manifest is not None:
        changes += compare_labels(first.manifest.annotations, second.manifest.annotations)
    changes[:0] = compare_build(first, second, *facts)
    result.changes, cut = limit_changes(changes)
    if first.config is not None and second.config is not None and not changes:
        notes.append("The configurations do not differ.")
    return [*notes, *cut]


async def _describe_packages(result: ImageComparison, facts: BothFacts) -> list[str]:
    """Fill in the differences of packages where both have SBOMs; return notes."""
    packages = [each.packages if each else None for each in facts]
    if packages[0] is not None and packages[1] is not None:
        # In a thread: an SBOM may list tens of thousands of packages.
        counts, changes = await to_thread.run_sync(count_package_changes, packages[0], packages[1])
        result.packages, result.package_changes = counts, changes
        total = counts.added + counts.removed + counts.changed
        return describe_unshown("package changes", len(changes), total)
    without = [
        argument
        for argument, each in zip(ARGUMENTS, facts, strict=True)
        if each is not None and each.found is not None and not each.has_sbom
    ]
    if not without:
        return []
    verb = "has" if len(without) == 1 else "have"
    return [f"{' and '.join(without)} {verb} no SBOM, so packages are not compared."]
