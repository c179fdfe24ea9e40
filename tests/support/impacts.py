"""Calls that give rights or reach, that take something away, or that do neither, with what a question says."""

from __future__ import annotations

from typing import Any, NamedTuple

from dockerhub_mcp.sandbox import Sandbox

ACME = {"org_name": "acme"}


class ImpactCase(NamedTuple):
    """A call of a mutation in the sandbox.

    Attributes:
        tool: The name of the tool.
        arguments: The arguments.
        gives: Whether it gives rights or reach.
        takes: Whether it takes something away.
        words: Parts of the question, or of the plan where nothing is asked.
    """

    tool: str
    arguments: dict[str, Any]
    gives: bool
    takes: bool
    words: tuple[str, ...]


def build_impact_cases(sandbox: Sandbox) -> list[ImpactCase]:
    """Return at least one case for each direction that a mutation declares."""
    acme = sandbox.state.organizations["acme"]
    tokens = {token.label: token.id for token in acme.access_tokens}
    mine = [token for token in sandbox.state.personal_access_tokens if token.username == "ada"]
    inactive = next(token.uuid for token in mine if not token.is_active)
    active = next(token.uuid for token in mine if token.is_active)
    users = {user.username: user.id for user in acme.scim_users}
    cli, storefront = {"repository": "acme/cli"}, {"repository": "acme/storefront"}
    gives, takes = (True, False), (False, True)
    both, none = (True, True), (False, False)
    pull = {"type": "TYPE_REPO", "path": "acme/base-images", "scopes": ["scope-image-pull"]}
    push = {"type": "TYPE_REPO", "path": "acme/nope", "scopes": ["scope-image-push"]}
    old = {**ACME, "access_token_id": tokens["cluster pull (staging)"]}
    developers, contractors = {**ACME, "group_name": "developers"}, {**ACME, "group_name": "contractors"}
    return [
        ImpactCase("create_repository", {"name": "acme/a-new-one"}, *none, ("acme/a-new-one is public",)),
        ImpactCase("update_repository", {**cli, "description": "x"}, *none, ('becomes "x"',)),
        ImpactCase("delete_repository", {"repository": "acme/mailer"}, *takes, ("with all its tags",)),
        ImpactCase("set_repository_visibility", {**storefront, "is_private": False}, *gives, ("becomes public",)),
        ImpactCase("set_repository_visibility", {**cli, "is_private": True}, *takes, ("becomes private",)),
        ImpactCase("update_immutable_tags", {**cli, "immutable_tags": True}, *takes, ("every tag, `latest` included; none can be moved or deleted",)),
        ImpactCase("update_immutable_tags", {**cli, "immutable_tags": True, "immutable_tags_rules": [r"v1\.3.*"]}, *takes, ("off becomes on", "2 tags v1.3.1, v1.3.2 today")),
        ImpactCase("update_immutable_tags", {**cli, "immutable_tags_rules": ["v.*"]}, *none, ("have no effect until they are on",)),
        ImpactCase("update_immutable_tags", {"repository": "acme/billing-api", "immutable_tags": False}, *takes, ("Every tag can then be moved",)),
        ImpactCase("assign_repository_group", {"repository": "acme/incident-kit", "group": "contractors", "permission": "admin"}, *gives, ("You give the team contractors (1 member) of acme the permission admin in acme/incident-kit",)),
        ImpactCase("update_repository_group", {**storefront, "group_id": 1005, "permission": "admin"}, *gives, ("contractors (read now) gets admin",)),
        ImpactCase("update_repository_group", {**storefront, "group_id": 1003, "permission": "read"}, *takes, ("platform (admin now) gets read",)),
        ImpactCase("remove_repository_group", {**storefront, "group_id": 1005}, *takes, ("contractors (read now) loses its permission",)),
        ImpactCase("delete_tag", {**storefront, "tag": "latest"}, *takes, ("acme/storefront:latest (sha256:",)),
        ImpactCase("create_access_token", {"token_label": "ci", "scopes": ["repo:admin"]}, *gives, ('token "ci" with repo:admin: it may read, write and delete all', "It never expires.", "can use it as ada")),
        ImpactCase("update_access_token", {"uuid": inactive, "is_active": True}, *gives, ("can use it again", " expire")),
        ImpactCase("update_access_token", {"uuid": active, "is_active": False}, *takes, ("Its users lose access.",)),
        ImpactCase("update_access_token", {"uuid": active, "token_label": "renamed"}, *none, ('becomes "renamed"',)),
        ImpactCase("delete_access_token", {"uuid": active}, *takes, ("is deleted for good",)),
        ImpactCase("create_org_access_token", {"name": "acme", "label": "deploy", "resources": [push]}, *gives, ('You create the access token "deploy" of acme. ', "It never expires.", "acme/nope does not exist, or is not visible")),
        ImpactCase("create_org_access_token", {"name": "acme", "label": "deploy", "resources": [pull], "expires_at": "2090-01-31T00:00:00Z"}, *gives, ("It expires on 2090-01-31 00:00 UTC.",)),
        ImpactCase("rotate_org_access_token", {**ACME, "token": "inventory"}, *gives, ("this creates its successor", 'You create the access token "inventory 2', "stays as it is")),
        ImpactCase("rotate_org_access_token", {**ACME, "token": "migration", "successor": "inventory", "old_token": "delete"}, *takes, ('The successor "inventory"', "was last used on", 'The access token "migration" of acme', "is deleted for good")),
        ImpactCase("update_org_access_token", {**ACME, "access_token_id": tokens["migration"], "is_active": True}, *gives, ("its permissions: scope-", "can use it again", "It never expires.")),
        ImpactCase("update_org_access_token", {**old, "resources": [pull, push]}, *gives, ("permissions removed: none", "permissions added: scope-image-push on acme/nope")),
        ImpactCase("update_org_access_token", {**old, "resources": [push]}, *both, ("permissions removed: scope-image-pull",)),
        ImpactCase("update_org_access_token", {**old, "is_active": False}, *takes, ("Its users lose access.",)),
        ImpactCase("update_org_access_token", {**old, "description": "Pulls"}, *none, ('becomes "Pulls"',)),
        ImpactCase("delete_org_access_token", old, *takes, ('"cluster pull (staging)" of acme',)),
        ImpactCase("update_org_member", {**ACME, "username": "EDSGER", "role": "Owner"}, *gives, ("You give edsger (guest) the role owner of acme", "full control of the organization")),
        ImpactCase("update_org_member", {**ACME, "username": "grace", "role": "member"}, *takes, ("the role member of acme instead of Editor",)),
        ImpactCase("update_org_member", {**ACME, "username": "linus", "role": "release-manager"}, *both, ("the custom role release-manager",)),
        ImpactCase("remove_org_member", {**ACME, "username": "linus"}, *takes, ("linus (Member) loses access",)),
        ImpactCase("create_org_group", {**ACME, "name": "testers"}, *none, ("no members and no permissions",)),
        ImpactCase("replace_org_group", {**developers, "description": "x"}, *none, ('becomes "x"',)),
        ImpactCase("update_org_group", {**contractors, "role": "Editor"}, *gives, ("the role editor instead of none",)),
        ImpactCase("update_org_group", {**ACME, "group_name": "platform", "role": "member"}, *takes, ("the role member instead of editor",)),
        ImpactCase("update_org_group", {**developers, "name": "makers"}, *none, ('becomes "makers"',)),
        ImpactCase("delete_org_group", developers, *takes, ("its 4 members lose its permissions: write in",)),
        ImpactCase("add_org_group_member", {**developers, "member": "edsger"}, *gives, ("You add edsger (guest) to the team developers of acme", "write in acme/mailer, acme/storefront; read in ")),
        ImpactCase("add_org_group_member", {**ACME, "group_name": "owners", "member": "edsger"}, *gives, ("the team owners of acme, which means: full control",)),
        ImpactCase("remove_org_group_member", {**developers, "username": "linus"}, *takes, ("linus loses the permissions of the group developers",)),
        ImpactCase("update_org_settings", {"name": "acme", "enabled": False}, *gives, ("all other images",)),
        ImpactCase("update_org_settings", {"name": "acme", "allow_official_images": False}, *takes, ("may then pull its own images.",)),
        ImpactCase("create_org_invites", {"org": "acme", "invitees": ["mallory", "bo@example.com", "linus"], "role": "Owner", "team": "contractors"}, *gives, ("You invite 2 people to acme, each with", "each with the role owner (full control", "the team contractors (read in acme/mailer, acme/storefront)", "linus is a member already")),
        ImpactCase("resend_org_invite", {"id": acme.invitees[0].id}, *none, ("The invitation of alan@example.net to acme",)),
        ImpactCase("cancel_org_invite", {"id": acme.invitees[0].id}, *takes, ("The invitation of alan@example.net to acme (team developers) is cancelled",)),
        ImpactCase("cancel_org_invite", {"id": acme.invitees[1].id, "organization": "acme"}, *takes, ("The invitation of joan@example.net to acme",)),
        ImpactCase("scim_create_user", {"userName": "bo@example.com"}, *gives, ("You create the SCIM user bo@example.com",)),
        ImpactCase("scim_update_user", {"id": users["ken"], "active": True}, *gives, ("They become a member of the organization again.",)),
        ImpactCase("scim_update_user", {"id": users["linus"], "active": False}, *takes, ("They lose access to the organization.",)),
        ImpactCase("scim_update_user", {"id": users["linus"], "userName": "x@example.com"}, *both, ("userName linus@example.com becomes x@example.com",)),
        ImpactCase("scim_update_user", {"id": users["linus"], "given_name": "Lino"}, *none, ("givenName Linus becomes Lino",)),
    ]  # fmt: skip
