"""Mutations of repositories, compared with the official OpenAPI document."""

from __future__ import annotations

from tests.support.openapi import (
    PROBLEMS,
    Area,
    send_situations,
)

IMMUTABLE = "/v2/namespaces/{namespace}/repositories/{repository}/immutabletags"
VERIFY, GROUPS = f"{IMMUTABLE}/verify", "/v2/repositories/{namespace}/{repository}/groups"
ACME, OLDER = "/v2/namespaces/acme/repositories", "/v2/repositories/acme"
RULES, RULE = {"immutable_tags": True, "immutable_tags_rules": ["v.*"]}, {"regex": "v.*"}
TEAM = {"group_id": 1002, "permission": "write"}

UNDOCUMENTED = {("post", GROUPS, 500): "observed for the number of a group that does not exist"}
UNDESCRIBED = dict.fromkeys(
    (("patch", IMMUTABLE, 400), ("post", VERIFY, 400), ("post", GROUPS, 400)), PROBLEMS
)
SITUATIONS = [
    *send_situations(
        "patch",
        IMMUTABLE,
        f"{ACME}/cli/immutabletags",
        RULES,
        ("owner", 200),
        ("owner-pat", 200),
        ("org-writer", 200),
        (None, 401),
        ("bad", 401),
        ("two-factor-pat", 403),
        ("org-token", 403),
    ),
    *send_situations(
        "patch", IMMUTABLE, f"{ACME}/cli/immutabletags", {"immutable_tags": True}, ("owner", 400)
    ),
    *send_situations("patch", IMMUTABLE, f"{ACME}/nope/immutabletags", RULES, ("owner", 404)),
    *send_situations("patch", IMMUTABLE, f"{ACME}/mailer/immutabletags", RULES, ("outsider", 404)),
    *send_situations(
        "post",
        VERIFY,
        f"{ACME}/cli/immutabletags/verify",
        RULE,
        ("owner", 200),
        ("org-writer", 200),
        (None, 401),
        ("member", 403),
    ),
    *send_situations("post", VERIFY, f"{ACME}/cli/immutabletags/verify", {"regex": "a,b"}, ("owner", 400)),
    *send_situations("post", VERIFY, f"{ACME}/nope/immutabletags/verify", RULE, ("owner", 404)),
    *send_situations(
        "post",
        GROUPS,
        f"{OLDER}/cli/groups",
        TEAM,
        ("owner", 200),
        ("org-writer", 200),
        (None, 401),
        ("reader-pat", 403),
        ("org-token", 403),
    ),
    *send_situations("post", GROUPS, f"{OLDER}/storefront/groups", TEAM, ("owner", 400), ("outsider", 404)),
    *send_situations(
        "post", GROUPS, f"{OLDER}/cli/groups", {"group_id": 1002, "permission": "x"}, ("owner", 400)
    ),
    *send_situations(
        "post", GROUPS, f"{OLDER}/cli/groups", {"group_id": 99, "permission": "read"}, ("owner", 500)
    ),
    *send_situations("post", GROUPS, f"{OLDER}/nope/groups", TEAM, ("owner", 404)),
]

AREA = Area(SITUATIONS, UNDOCUMENTED, UNDESCRIBED)
