"""Immutable tags: rules (regular expressions) for the tags that cannot be changed or deleted."""

import re
import warnings

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.access import get_modifiable_repository
from dockerhub_mcp.sandbox.audit import record_repository_event
from dockerhub_mcp.sandbox.context import get_caller, get_hub, read_json_object
from dockerhub_mcp.sandbox.fields import FieldReader
from dockerhub_mcp.sandbox.handlers.repository_serializers import serialize_repository
from dockerhub_mcp.sandbox.state import RepositoryRecord

SETTINGS_ADMIN_SCOPE = "scope-repository-settings-admin"
# RE2 supports neither lookaround nor backreferences nor atomic groups.
NON_RE2_SYNTAX = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]|[*+?}]\+|\\Z")
REPETITION_PATTERN = re.compile(r"\{(\d+)(?:,(\d*))?\}")
MAX_REPETITIONS = 1000


async def update_immutable_tags(request: Request) -> JSONResponse:
    """Replace the setting and all rules."""
    repository = get_modifiable_repository(request, "admin", SETTINGS_ADMIN_SCOPE)
    fields = FieldReader(await read_json_object(request))
    is_enabled = fields.read_bool("immutable_tags", required=True)
    rules = fields.read_text_list("immutable_tags_rules", required=True)
    apply_immutable_tags_settings(request, repository, fields, is_enabled, rules)
    return JSONResponse(serialize_repository(get_hub(request).state, get_caller(request), repository))


async def verify_immutable_tags(request: Request) -> JSONResponse:
    """List the tags that a rule would make immutable, without changing anything."""
    repository = get_modifiable_repository(request, "admin", SETTINGS_ADMIN_SCOPE)
    fields = FieldReader(await read_json_object(request))
    rule = fields.read_text("regex", required=True)
    _check_rule(fields, "regex", rule)
    fields.raise_errors()
    pattern = _compile_rule(rule or "")
    names = sorted(tag.name for tag in repository.tags if pattern is not None and pattern.search(tag.name))
    return JSONResponse({"tags": names})


def apply_immutable_tags_settings(
    request: Request,
    repository: RepositoryRecord,
    fields: FieldReader,
    is_enabled: bool | None,
    rules: list[str] | None,
) -> None:
    """Apply the settings of a body after validating it; None leaves a setting unchanged.

    Raises:
        SandboxHTTPError: 400 for an invalid rule or another invalid field; nothing was changed.
    """
    for rule in rules or ():
        _check_rule(fields, "immutable_tags_rules", rule)
    fields.raise_errors()
    if is_enabled is None and rules is None:
        return
    if is_enabled is not None:
        repository.immutable_tags = is_enabled
    if rules is not None:
        repository.immutable_tags_rules = tuple(rules)
    repository.modified_at = get_hub(request).now()
    record_repository_event(
        request,
        repository,
        "immutable_tags.update",
        "changed the immutable tags of",
        enabled=str(repository.immutable_tags).lower(),
        rules=",".join(repository.immutable_tags_rules),
    )


def is_immutable_tag(repository: RepositoryRecord, tag_name: str) -> bool:
    """Return whether a tag is immutable; without rules, all tags are."""
    if not repository.immutable_tags:
        return False
    patterns = [_compile_rule(rule) for rule in repository.immutable_tags_rules]
    return not patterns or any(pattern is not None and pattern.search(tag_name) for pattern in patterns)


def _check_rule(fields: FieldReader, field_name: str, rule: str | None) -> None:
    if rule is None:
        return
    if "," in rule:
        # The Hub stores the rules in one string, separated by commas.
        fields.add_error(field_name, "regex must not contain a comma")
    elif _compile_rule(rule) is None:
        fields.add_error(field_name, f"invalid regex: {rule}")


def _compile_rule(rule: str) -> re.Pattern[str] | None:
    if NON_RE2_SYNTAX.search(rule):
        return None
    counts = [int(count) for found in REPETITION_PATTERN.findall(rule) for count in found if count]
    if any(count > MAX_REPETITIONS for count in counts):
        return None
    try:
        with warnings.catch_warnings():
            # Python warns about syntax that may change its meaning in a future version.
            warnings.simplefilter("ignore")
            return re.compile(rule.replace(r"\z", r"\Z"))
    except (re.error, OverflowError, RecursionError):
        return None
