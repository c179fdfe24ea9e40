"""Questions about files that name images: which digests to pin, and what is newer."""

from __future__ import annotations

import re

from benchmarks.image_questions.facts import Facts
from benchmarks.image_questions.model import Call, Expected, Question, call

DOCKERFILE = """\
ARG PYTHON=3.13.7
FROM node:24.11.0-alpine AS assets
RUN npm ci && npm run build
FROM python:${PYTHON}-slim AS base
COPY --from=assets /app/dist /srv/static
COPY --from=redis:8.2.2-alpine /usr/local/bin/redis-cli /usr/local/bin/
FROM base
CMD ["python", "-m", "shop"]
"""
COMPOSE = """\
x-logging: &logging
  logging: {driver: json-file}
services:
  web:
    image: acme/storefront:${STOREFRONT_VERSION:-4.2.5}
    <<: *logging
  db:
    image: postgres:16.9
  queue:
    image: rabbitmq:4.1.3-management
  metrics:
    image: ghcr.io/example/metrics:2
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: billing}
spec:
  template:
    spec:
      initContainers:
        - {name: migrate, image: "acme/billing-api:v1.3.2"}
      containers:
        - {name: api, image: "acme/billing-api:v1.3.2"}
        - {name: cache, image: "redis:7.2"}
"""


def list_questions(facts: Facts) -> list[Question]:
    """Return the questions with their answers."""
    return [
        _ask_pins(
            facts,
            "Pin the base images of this Dockerfile, and say which are out of date.",
            DOCKERFILE,
            {
                "node:24.11.0-alpine": "24.11.1-alpine",
                "python:3.13.7-slim": "3.13.9-slim",
                "redis:8.2.2-alpine": "8.2.3-alpine",
            },
            ["24.11", "3.13", "8.2"],
        ),
        _ask_pins(
            facts,
            "Pin the images of this compose file, and say which are out of date.",
            COMPOSE,
            {
                "acme/storefront:4.2.5": facts.find_newest("acme/storefront"),
                "postgres:16.9": facts.find_newest("postgres", "16."),
                "rabbitmq:4.1.3-management": "4.1.5-management",
            },
            ["4.2", "16.", "4.1"],
            others=("ghcr.io/example/metrics:2",),
        ),
        _ask_pins(
            facts,
            "Pin the images of this Kubernetes Deployment.",
            DEPLOYMENT,
            {"acme/billing-api:v1.3.2": "v1.4.0", "redis:7.2": "7.4"},
            ["v1", "7."],
        ),
        _ask_platform(facts),
        _ask_moved(facts),
        _ask_existence(facts),
    ]


def _ask_pins(
    facts: Facts,
    title: str,
    text: str,
    newer: dict[str, str],
    name_parts: list[str],
    *,
    others: tuple[str, ...] = (),
) -> Question:
    pins = tuple(facts.pin(image) for image in newer)
    digests = tuple(facts.get_digest(image) for image in newer)
    old: list[Call] = []
    for image, part in zip(newer, name_parts, strict=True):
        repository = image.partition(":")[0]
        old.append(call("get_tag", repository=image, fields=["digest"]))
        old.append(call("list_tags", repository=repository, name=part, page_size=100))
    return Question(
        title,
        Expected(
            f"{len(newer)} digests; newer: {', '.join(newer.values())}",
            texts=(*pins, *newer.values(), *others),
            old_texts=(*digests, *newer.values()),
        ),
        old=old,
        new=[call("pin_images", text=text)],
    )


def _ask_platform(facts: Facts) -> Question:
    image = "quayside/crane:5.0.0"
    return Question(
        "Can this Dockerfile be built? Its base image is wanted for arm64.",
        Expected(
            "no, the image is for amd64 only",
            texts=("amd64",),
            patterns=(rf"{re.escape(facts.pin(image))}.*(no image for|lacks) linux/arm64",),
        ),
        old=[call("get_tag", repository=image)],
        new=[call("pin_images", text=f"FROM --platform=linux/arm64 {image}\nRUN make\n")],
    )


def _ask_moved(facts: Facts) -> Question:
    earlier, image = facts.get_digest("redis:8.2.2"), "redis:8.2"
    current = facts.get_digest(image)
    return Question(
        "We pinned redis:8.2 to a digest in spring. Does the tag still point at it?",
        Expected("no, it has moved", texts=(current,), patterns=(r"(?i)moved|no longer|now points",)),
        old=[call("get_tag", repository=image, fields=["digest"])],
        new=[call("pin_images", images=[f"{image}@{earlier}"])],
    )


def _ask_existence(facts: Facts) -> Question:
    images = [
        "redis:8.2.3",
        "redis:8.9",
        "acme/billing-api:v1.4.0",
        "quayside/customs:1.0.0",
        "no-such-image",
    ]
    return Question(
        "Which of these five images exist, before we deploy them?",
        Expected(
            "redis:8.2.3 only, for this account",
            texts=(
                facts.pin("redis:8.2.3"),
                "redis:8.9",
                "acme/billing-api:v1.4.0",
                "quayside/customs:1.0.0",
            ),
            patterns=(
                r"redis:8\.9.*tag_missing",
                r"billing-api:v1\.4\.0.*(missing_or_private|not_permitted)",
                r"customs:1\.0\.0.*(missing_or_private|not_permitted)",
                r"no-such-image.*missing_or_private",
            ),
            excluded=(
                facts.get_digest("acme/billing-api:v1.4.0"),
                facts.get_digest("quayside/customs:1.0.0"),
            ),
            old_texts=("8.2.3",),
        ),
        old=[call("get_tag", repository=image) for image in images],
        new=[call("pin_images", images=images)],
        identity="outsider",
    )
