"""Immutable tags: the rules that say which tags stay as they are, and trying out a rule."""

import re
import warnings

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import changeable_repository
from dockerhub_mcp.sandbox.context import caller, hub, json_object
from dockerhub_mcp.sandbox.fields import Fields
from dockerhub_mcp.sandbox.handlers.recording import record_repository
from dockerhub_mcp.sandbox.handlers.repositories import info
from dockerhub_mcp.sandbox.state import Repository

SCOPE = "scope-repository-settings-admin"
# RE2 has no way to look around or back, and none of Perl's atomic groups.
NOT_IN_RE2 = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]|[*+?}]\+|\\Z")
REPEATED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
MOST_REPEATED = 1000


async def update_immutable_tags(request: Request) -> JSONResponse:
    """Replace the switch and all rules."""
    found = changeable_repository(request, "admin", SCOPE)
    fields = Fields(await json_object(request))
    enabled = fields.flag("immutable_tags", required=True)
    rules = fields.texts("immutable_tags_rules", required=True)
    replace_rules(request, found, fields, enabled, rules)
    return JSONResponse(info(hub(request).state, caller(request), found))


async def verify_immutable_tags(request: Request) -> JSONResponse:
    """The tags that a rule would make immutable; changes nothing."""
    found = changeable_repository(request, "admin", SCOPE)
    fields = Fields(await json_object(request))
    rule = fields.text("regex", required=True)
    _check_rule(fields, "regex", rule)
    fields.check()
    pattern = _compiled(rule or "")
    names = sorted(tag.name for tag in found.tags if pattern is not None and pattern.search(tag.name))
    return JSONResponse({"tags": names})


def replace_rules(
    request: Request, repository: Repository, fields: Fields, enabled: bool | None, rules: list[str] | None
) -> None:
    """Replace what a body names, once all of the body has been found good."""
    for rule in rules or ():
        _check_rule(fields, "immutable_tags_rules", rule)
    fields.check()
    if enabled is None and rules is None:
        return
    if enabled is not None:
        repository.immutable_tags = enabled
    if rules is not None:
        repository.immutable_tags_rules = tuple(rules)
    repository.modified = hub(request).now()
    record_repository(
        request,
        repository,
        "immutable_tags.update",
        "changed the immutable tags of",
        enabled=str(repository.immutable_tags).lower(),
        rules=",".join(repository.immutable_tags_rules),
    )


def is_immutable(repository: Repository, tag: str) -> bool:
    """Whether a tag has to stay as it is; without rules all tags have to."""
    if not repository.immutable_tags:
        return False
    patterns = [_compiled(rule) for rule in repository.immutable_tags_rules]
    return not patterns or any(pattern is not None and pattern.search(tag) for pattern in patterns)


def _check_rule(fields: Fields, name: str, rule: str | None) -> None:
    if rule is None:
        return
    if "," in rule:
        # The Hub keeps the rules in one text, with commas between them.
        fields.wrong(name, "regex must not contain a comma")
    elif _compiled(rule) is None:
        fields.wrong(name, f"invalid regex: {rule}")


def _compiled(rule: str) -> re.Pattern[str] | None:
    if NOT_IN_RE2.search(rule):
        return None
    counts = [int(count) for found in REPEATED.findall(rule) for count in found if count]
    if any(count > MOST_REPEATED for count in counts):
        return None
    try:
        with warnings.catch_warnings():
            # Python warns of what it may read otherwise one day.
            warnings.simplefilter("ignore")
            return re.compile(rule.replace(r"\z", r"\Z"))
    except (re.error, OverflowError, RecursionError):
        return None
