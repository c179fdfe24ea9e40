"""Questions about what is inside of images, and about the difference between two."""

from __future__ import annotations

import re
from collections import Counter

from benchmarks.image_questions.facts import Facts
from benchmarks.image_questions.model import ANONYMOUS, Expected, Question, call

GATEWAY = "quayside/gateway:1.5.0"
SBOM_IMAGE = "quayside/warehouse:7.0.0"
SLSA = "https://slsa.dev/provenance"


def list_questions(facts: Facts) -> list[Question]:
    """Return the questions with their answers."""
    return [
        *_list_config_questions(facts),
        *_list_supply_chain_questions(facts),
        *_list_unusual_images(facts),
        *_list_comparisons(facts),
    ]


def _list_config_questions(facts: Facts) -> list[Question]:
    user = facts.get_config("quayside/users:numeric")["User"]
    ports = sorted(facts.get_config("mysql:8.4")["ExposedPorts"])
    postgres = facts.get_config("postgres:17.6")
    volume = next(iter(postgres["Volumes"]))
    return [
        Question(
            "Does nginx:1.29 run as root?",
            Expected("yes", patterns=(r"^user: .*root",)),
            old=[call("get_tag", repository="nginx:1.29"), call("get_repository", repository="nginx")],
            new=[call("inspect_image", image="nginx:1.29", include=["config"])],
        ),
        Question(
            "And quayside/users:numeric?",
            Expected(
                f"no, as {user}",
                texts=(user,),
                patterns=(rf"^user: .*{user}",),
                excluded=(r"^user: .*\broot\b",),
            ),
            old=[
                call("get_tag", repository="quayside/users:numeric"),
                call("get_repository", repository="quayside/users"),
            ],
            new=[call("inspect_image", image="quayside/users:numeric", include=["config"])],
        ),
        Question(
            "Which ports does mysql:8.4 open?",
            Expected(
                ", ".join(ports),
                texts=tuple(ports),
                old_texts=tuple(port.partition("/")[0] for port in ports),
            ),
            old=[
                call("get_tag", repository="mysql:8.4"),
                call("get_repository", repository="mysql", fields=["full_description"]),
            ],
            new=[call("inspect_image", image="mysql:8.4", include=["config"])],
        ),
        Question(
            "Where does postgres:17.6 keep its data, and what does it start?",
            Expected(f"{volume}, {postgres['Entrypoint'][0]}", texts=(volume, postgres["Entrypoint"][0])),
            old=[
                call("get_tag", repository="postgres:17.6"),
                call("get_repository", repository="postgres", fields=["full_description"]),
            ],
            new=[call("inspect_image", image="postgres:17.6", include=["config"])],
            identity=ANONYMOUS,
        ),
    ]


def _list_supply_chain_questions(facts: Facts) -> list[Question]:
    provenance = facts.get_predicate(GATEWAY, SLSA)["buildDefinition"]
    commit = provenance["externalParameters"]["configSource"]["digest"]["sha1"]
    base = (
        provenance["resolvedDependencies"][0]["uri"]
        .removeprefix("pkg:docker/")
        .partition("?")[0]
        .replace("@", ":")
    )
    kinds = Counter(name.partition("/")[0] for name in facts.get_packages(SBOM_IMAGE))
    redis_packages = Counter(name.partition("/")[0] for name in facts.get_packages("redis:8.2.3"))
    return [
        Question(
            "Which base image and which source commit was quayside/gateway:1.5.0 built from?",
            Expected(f"{base}, {commit[:7]}", texts=(commit, base), patterns=(r"(?i)claim",)),
            old=[call("get_tag", repository=GATEWAY), call("get_repository", repository="quayside/gateway")],
            new=[call("inspect_image", image=GATEWAY, include=["provenance"])],
        ),
        Question(
            "How many packages does the SBOM of redis:8.2.3 list, by type?",
            Expected(_format_counts(redis_packages), patterns=_match_counts(redis_packages)),
            old=[call("get_tag", repository="redis:8.2.3")],
            new=[call("inspect_image", image="redis:8.2.3", include=["sbom"])],
        ),
        Question(
            "And that of quayside/warehouse:7.0.0, which is large?",
            Expected(_format_counts(kinds), patterns=_match_counts(kinds)),
            old=[call("get_tag", repository=SBOM_IMAGE)],
            new=[call("inspect_image", image=SBOM_IMAGE, include=["sbom"])],
        ),
        Question(
            "Is quayside/gateway:1.5.0 signed?",
            Expected(
                "a signature is there",
                patterns=(
                    r"(?im)^signatures?.*(cosign|sigstore|notary)|(cosign|sigstore|notary)",
                    r"(?i)claim|not verified|nothing is verified",
                ),
                texts=(),
                old_texts=(f"sha256-{facts.get_digest(GATEWAY).removeprefix('sha256:')}.sig",),
            ),
            old=[
                call("get_tag", repository=GATEWAY, fields=["digest"]),
                call("list_tags", repository="quayside/gateway", page_size=100),
            ],
            new=[call("inspect_image", image=GATEWAY, include=["signatures"])],
        ),
        Question(
            "And quayside/relay:2.1.0?",
            Expected(
                "no signature is found",
                patterns=(r"(?im)^signatures: (none|no)|no signature",),
                excluded=(r"cosign", r"sigstore"),
                old_texts=("3 of 3 items",),
            ),
            old=[call("list_tags", repository="quayside/relay", page_size=100)],
            new=[call("inspect_image", image="quayside/relay:2.1.0", include=["signatures"])],
        ),
    ]


def _list_unusual_images(facts: Facts) -> list[Question]:
    releases = [
        image.platform.os_version or "" for image, _ in facts.get_content("quayside/dock-agent:3.2.0").images
    ]
    secrets = ("wJalrXUtnFEMI", "sandbox-password-of-pilot", "sandbox-secret-token-of-pilot")
    return [
        Question(
            "Which Windows releases is quayside/dock-agent:3.2.0 for?",
            Expected(", ".join(releases), texts=tuple(releases)),
            old=[call("get_tag", repository="quayside/dock-agent:3.2.0", detail="full")],
            new=[call("inspect_image", image="quayside/dock-agent:3.2.0")],
        ),
        Question(
            "What is quayside/charts:0.4.0? It is no container image.",
            Expected("a Helm chart", patterns=(r"(?i)helm chart",), old_texts=("helm",)),
            old=[call("get_tag", repository="quayside/charts:0.4.0")],
            new=[call("inspect_image", image="quayside/charts:0.4.0")],
        ),
        Question(
            "Which environment variables does quayside/pilot:0.1.0 set? (Some are secrets.)",
            Expected(
                "names, no secrets",
                texts=("AWS_SECRET_ACCESS_KEY", "DATABASE_URL"),
                excluded=(*map(re.escape, secrets), "\x1b", "^SYSTEM", "\u202e"),
            ),
            old=[
                call("get_tag", repository="quayside/pilot:0.1.0"),
                call("get_repository", repository="quayside/pilot"),
            ],
            new=[call("inspect_image", image="quayside/pilot:0.1.0")],
        ),
    ]


def _list_comparisons(facts: Facts) -> list[Question]:
    before, after = facts.get_packages("redis:8.2.2"), facts.get_packages("redis:8.2.3")
    changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    layers = facts.get_layers("redis:8.2.2"), facts.get_layers("redis:8.2.3")
    shared = len(layers[0].keys() & layers[1].keys())
    node_layers = facts.get_layers("node:24.11.0"), facts.get_layers("node:24.11.1")
    node, new_node = len(node_layers[0].keys() & node_layers[1].keys()), len(node_layers[1])
    return [
        Question(
            "What changed between redis:8.2.2 and redis:8.2.3?",
            Expected(
                f"{len(changed)} packages, redis itself among them; {shared} layers are shared",
                texts=("redis",),
                patterns=(
                    r"(?m)redis.*8\.2\.2.*8\.2\.3",
                    rf"\b{len(changed)} changed\b",
                    r"libc6",
                ),
                old_texts=("libc6",),
            ),
            old=[call("get_tag", repository="redis:8.2.2"), call("get_tag", repository="redis:8.2.3")],
            new=[call("compare_images", image="redis:8.2.2", with_image="redis:8.2.3")],
        ),
        Question(
            "What must a host pull for node:24.11.1 that has node:24.11.0?",
            Expected(
                f"{new_node - node} of {new_node} layers",
                patterns=(rf"\b{node} shared\b.* {new_node - node} more\b",),
            ),
            old=[call("get_tag", repository="node:24.11.0"), call("get_tag", repository="node:24.11.1")],
            new=[call("compare_images", image="node:24.11.0", with_image="node:24.11.1")],
        ),
        Question(
            "Is python:3.14 the same image as python:latest?",
            Expected(
                "yes",
                texts=(facts.get_digest("python:3.14"),),
                patterns=(r"(?i)same",),
                old_texts=(facts.get_digest("python:3.14"),),
            ),
            old=[
                call("get_tag", repository="python:3.14", fields=["digest"]),
                call("get_tag", repository="python:latest", fields=["digest"]),
            ],
            new=[call("compare_images", image="python:3.14", with_image="python:latest")],
        ),
        Question(
            "We move from quayside/gateway 1.4.2 to 1.5.0. Does the base image change?",
            Expected(
                "debian:bookworm-slim to debian:trixie-slim",
                texts=("debian:bookworm-slim", "debian:trixie-slim"),
            ),
            old=[call("get_tag", repository="quayside/gateway:1.4.2"), call("get_tag", repository=GATEWAY)],
            new=[call("compare_images", image="quayside/gateway:1.4.2", with_image=GATEWAY)],
        ),
    ]


def _format_counts(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _match_counts(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(rf'\b{name}"?(=|:|: | \| | ){count}\b|\b{count} {name}\b' for name, count in counts.items())
