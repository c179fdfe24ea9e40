"""Questions about pulls that fail, pull limits, and what an account may do."""

from __future__ import annotations

from benchmarks.image_questions.facts import Facts
from benchmarks.image_questions.model import ANONYMOUS, Expected, Question, call

PULL_LIMIT = 100
"""The pulls of an anonymous caller in six hours."""


def list_questions(facts: Facts) -> list[Question]:
    """Return the questions with their answers."""
    return [*_list_failed_pulls(facts), *_list_limits(), *_list_account_questions(facts)]


def _list_failed_pulls(facts: Facts) -> list[Question]:
    newest = facts.list_tags("acme/billing-api")[1].name
    return [
        Question(
            "Why can linus not pull acme/billing-api:v9?",
            Expected(
                f"no such tag; there is {newest}",
                texts=("v9", newest),
                patterns=(r"(?i)no tag v9|tag.*v9.*(not exist|missing)",),
                old_texts=(newest,),
            ),
            old=[
                call("check_tag", repository="acme/billing-api:v9"),
                call("list_tags", repository="acme/billing-api"),
            ],
            new=[call("explain_pull", image="acme/billing-api:v9")],
            identity="member",
        ),
        Question(
            "Why does quayside/crane:5.0.0 not run on a Raspberry Pi?",
            Expected(
                "only linux/amd64", texts=("linux/amd64",), patterns=(r"(?i)platform.*(problem|arm64)",)
            ),
            old=[call("get_tag", repository="quayside/crane:5.0.0")],
            new=[call("explain_pull", image="quayside/crane:5.0.0", platform="linux/arm64")],
        ),
        Question(
            "Why can mallory not pull acme/storefront:4.2.6?",
            Expected(
                "private, or missing",
                patterns=(r"(?i)private",),
                excluded=(facts.get_digest("acme/storefront:4.2.6"),),
                old_texts=("private",),
            ),
            old=[call("get_repository", repository="acme/storefront")],
            new=[call("explain_pull", image="acme/storefront:4.2.6")],
            identity="outsider",
        ),
        Question(
            "Why can a token with repo:public_read not pull acme/storefront:4.2.6?",
            Expected(
                "its scope: public repositories only", texts=("repo:public_read",), patterns=(r"(?i)private",)
            ),
            old=[call("get_repository", repository="acme/storefront")],
            new=[call("explain_pull", image="acme/storefront:4.2.6")],
            identity="public-pat",
        ),
        Question(
            "Why does a new Docker not pull quayside/meter:0.9?",
            Expected(
                "an old format (schema 1)",
                patterns=(r"(?i)schema ?1|schema version 1",),
                old_texts=("application/vnd.docker.distribution.manifest.v1+prettyjws",),
            ),
            old=[call("get_tag", repository="quayside/meter:0.9", detail="full")],
            new=[call("explain_pull", image="quayside/meter:0.9")],
        ),
        Question(
            "Why does `docker pull ngnix` fail?",
            Expected(
                "a misspelling of nginx",
                texts=("nginx",),
                patterns=(r"(?i)no (official image|repository)|not exist|missing",),
            ),
            old=[call("get_repository", repository="ngnix"), call("search_repositories", query="ngnix")],
            new=[call("explain_pull", image="ngnix")],
        ),
        Question(
            "Why can docker not run quayside/charts:0.4.0?",
            Expected("a Helm chart", patterns=(r"(?i)helm",), old_texts=("helm",)),
            old=[call("get_tag", repository="quayside/charts:0.4.0")],
            new=[call("explain_pull", image="quayside/charts:0.4.0")],
        ),
        Question(
            "Why does `docker pull acme/volume-driver` fail?",
            Expected("a plugin of the engine", patterns=(r"(?i)^verdict: .*plugin",), old_texts=("plugin",)),
            old=[call("get_repository", repository="acme/volume-driver", detail="full")],
            new=[call("explain_pull", image="acme/volume-driver")],
        ),
        Question(
            "Is anything wrong with quayside/portal:4.8.1?",
            Expected("archived", patterns=(r"(?i)archived",), old_texts=("archived",)),
            old=[
                call("get_repository", repository="quayside/portal"),
                call("get_tag", repository="quayside/portal:4.8.1"),
            ],
            new=[call("explain_pull", image="quayside/portal:4.8.1")],
        ),
    ]


def _list_limits() -> list[Question]:
    return [
        Question(
            "`toomanyrequests` when pulling redis:8.2: how many pulls are left?",
            Expected(
                f"0 of {PULL_LIMIT}",
                texts=(str(PULL_LIMIT),),
                patterns=(rf"(?i)\b0 of {PULL_LIMIT}\b|all {PULL_LIMIT} pulls are used",),
                old_texts=(f"0 of {PULL_LIMIT}",),
            ),
            old=[call("get_repository", repository="redis"), call("get_tag", repository="redis:8.2")],
            new=[call("explain_pull", image="redis:8.2")],
            identity=ANONYMOUS,
            pulls_before=PULL_LIMIT,
        ),
        Question(
            "How many pulls do I have left?",
            Expected("200 of 200", patterns=(r"\b200 of 200\b",), old_texts=("200 of 200",)),
            old=[call("get_current_user")],
            new=[call("what_can_i_do")],
            identity="outsider",
        ),
    ]


def _list_account_questions(facts: Facts) -> list[Question]:
    acme = facts.sandbox.state.organizations["acme"]
    secret = facts.sandbox.get_identity("org-token-narrow").secret
    token = next(each for each in acme.access_tokens if each.secret == secret)
    resource = token.resources[0]
    billing = facts.get_repository("acme/billing-api")
    return [
        Question(
            "What may this organization token do?",
            Expected(
                ", ".join(resource.scopes),
                texts=resource.scopes,
                patterns=(r"(?i)organization (access )?token",),
            ),
            old=[call("list_org_access_tokens", name="acme"), call("list_repositories", namespace="acme")],
            new=[call("what_can_i_do")],
            identity="org-token-narrow",
        ),
        Question(
            "What may this personal token do?",
            Expected(
                "repo:read, as linus",
                texts=("linus", "repo:read"),
                patterns=(r"(?i)personal (access )?token",),
            ),
            old=[call("get_current_user"), call("list_access_tokens")],
            new=[call("what_can_i_do")],
            identity="reader-pat",
        ),
        Question(
            "Can somebody overwrite acme/billing-api:v1.3.1?",
            Expected(
                "no, a rule makes it immutable",
                texts=("immutable_tags_settings", "enabled=true", billing.immutable_tags_rules[-1]),
            ),
            old=[call("get_repository", repository="acme/billing-api")],
            new=[call("get_repository", repository="acme/billing-api")],
        ),
    ]
