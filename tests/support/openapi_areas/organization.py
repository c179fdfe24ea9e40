"""Mutations of an organization, compared with the official OpenAPI document."""

from __future__ import annotations

from tests.support.openapi import (
    PROBLEMS,
    Area,
    get_situations,
    send_situations,
)

EXPORT, MEMBER = "/v2/orgs/{org_name}/members/export", "/v2/orgs/{org_name}/members/{username}"
SETTINGS = "/v2/orgs/{name}/settings"
GROUPS, GROUP = "/v2/orgs/{org_name}/groups", "/v2/orgs/{org_name}/groups/{group_name}"
IN_GROUP, OF_GROUP = f"{GROUP}/members", f"{GROUP}/members/{{username}}"
INVITES, BULK = "/v2/orgs/{org_name}/invites", "/v2/invites/bulk"
INVITE, RESEND = "/v2/invites/{id}", "/v2/invites/{id}/resend"
ACME, NOPE = "/v2/orgs/acme", "/v2/orgs/nope"
LINUS, DEVELOPERS = f"{ACME}/members/linus", f"{ACME}/groups/developers"
SWITCHES = dict.fromkeys(("enabled", "allow_official_images", "allow_verified_publishers"), True)
MIXED = {
    "org": "acme",
    "invitees": ["a@example.org", "linus", "no one"],
    "team": "platform",
    "role": "member",
}

BAD_BODY = "the document has no answer for values that are not valid"
BAD_PAGE = "the document has no answer for page numbers that are none"
NOT_YOURS = "the document has no answer for those who may not, or for an organization that is not there"
UNDOCUMENTED = {
    ("put", SETTINGS, 400): BAD_BODY,
    ("post", GROUPS, 404): "no such organization, which the document leaves out here",
    ("put", GROUP, 400): BAD_BODY,
    ("patch", GROUP, 400): BAD_BODY,
    ("get", IN_GROUP, 400): BAD_PAGE,
    ("post", IN_GROUP, 400): BAD_BODY,
    **{("post", BULK, status): NOT_YOURS for status in (401, 403, 404)},
}
UNDESCRIBED = dict.fromkeys(
    (
        ("put", MEMBER, 400),
        ("put", SETTINGS, 400),
        ("post", GROUPS, 400),
        ("put", GROUP, 400),
        ("patch", GROUP, 400),
        ("get", IN_GROUP, 400),
        ("post", IN_GROUP, 400),
        ("post", BULK, 400),
    ),
    PROBLEMS,
)
SITUATIONS = [
    *get_situations(
        EXPORT, f"{ACME}/members/export", ("owner", 200), ("org-token", 200), (None, 401), ("member", 403)
    ),
    *get_situations(EXPORT, f"{NOPE}/members/export", ("owner", 404)),
    *send_situations(
        "put", MEMBER, LINUS, {"role": "editor"}, ("owner", 200), ("org-writer", 200), (None, 401)
    ),
    *send_situations(
        "put", MEMBER, LINUS, {"role": "editor"}, ("owner-pat", 403), ("member", 403), ("org-token", 403)
    ),
    *send_situations("put", MEMBER, LINUS, {"role": "king"}, ("owner", 400)),
    *send_situations("put", MEMBER, f"{ACME}/members/ada", {"role": "member"}, ("owner", 400)),
    *send_situations("put", MEMBER, f"{ACME}/members/mallory", {"role": "member"}, ("owner", 404)),
    *send_situations(
        "delete", MEMBER, LINUS, None, ("owner", 204), ("org-writer", 204), (None, 401), ("member", 403)
    ),
    *send_situations("delete", MEMBER, f"{ACME}/members/ada", None, ("owner", 400)),
    *send_situations("delete", MEMBER, f"{ACME}/members/alan@example.net", None, ("owner", 400)),
    *send_situations("delete", MEMBER, f"{NOPE}/members/linus", None, ("owner", 404)),
    *send_situations(
        "put", SETTINGS, f"{ACME}/settings", {"restricted_images": SWITCHES}, ("owner", 200), (None, 401)
    ),
    *send_situations(
        "put", SETTINGS, f"{ACME}/settings", {"restricted_images": SWITCHES}, ("org-writer", 403)
    ),
    *send_situations(
        "put", SETTINGS, f"{ACME}/settings", {"restricted_images": {"enabled": True}}, ("owner", 400)
    ),
    *send_situations("put", SETTINGS, f"{NOPE}/settings", {"restricted_images": SWITCHES}, ("owner", 404)),
    *send_situations("post", GROUPS, f"{ACME}/groups", {"name": "new"}, ("owner", 201), ("org-writer", 201)),
    *send_situations("post", GROUPS, f"{ACME}/groups", {"name": "new"}, (None, 401), ("owner-pat", 403)),
    *send_situations("post", GROUPS, f"{ACME}/groups", {"name": "developers"}, ("owner", 400)),
    *send_situations("post", GROUPS, f"{NOPE}/groups", {"name": "new"}, ("owner", 404)),
    *get_situations(GROUP, DEVELOPERS, ("owner", 200), ("org-token", 200), (None, 401), ("member", 403)),
    *get_situations(GROUP, f"{ACME}/groups/nope", ("owner", 404)),
    *send_situations(
        "put", GROUP, DEVELOPERS, {"name": "new"}, ("owner", 200), (None, 401), ("org-token", 403)
    ),
    *send_situations("put", GROUP, DEVELOPERS, {"description": "new"}, ("owner", 400)),
    *send_situations("put", GROUP, f"{ACME}/groups/nope", {"name": "new"}, ("owner", 404)),
    *send_situations(
        "patch", GROUP, DEVELOPERS, {"role": "editor"}, ("owner", 200), (None, 401), ("org-token", 403)
    ),
    *send_situations("patch", GROUP, DEVELOPERS, {"role": "king"}, ("owner", 400)),
    *send_situations("patch", GROUP, f"{ACME}/groups/nope", {"role": "editor"}, ("owner", 404)),
    *send_situations("delete", GROUP, DEVELOPERS, None, ("owner", 204), (None, 401), ("org-token", 403)),
    *send_situations("delete", GROUP, f"{ACME}/groups/owners", None, ("owner", 403)),
    *send_situations("delete", GROUP, f"{ACME}/groups/nope", None, ("owner", 404)),
    *get_situations(
        IN_GROUP, f"{DEVELOPERS}/members?page=1", ("owner", 200), ("org-token", 200), (None, 401)
    ),
    *get_situations(
        IN_GROUP, f"{DEVELOPERS}/members?page=2&page_size=2&search=a", ("owner", 200), ("member", 403)
    ),
    *get_situations(IN_GROUP, f"{DEVELOPERS}/members?page=x", ("owner", 400)),
    *get_situations(IN_GROUP, f"{DEVELOPERS}/members?page=9", ("owner", 404)),
    *send_situations(
        "post", IN_GROUP, f"{DEVELOPERS}/members", {"member": "dennis"}, ("owner", 200), (None, 401)
    ),
    *send_situations(
        "post", IN_GROUP, f"{DEVELOPERS}/members", {"member": "nope"}, ("owner", 404), ("member", 403)
    ),
    *send_situations("post", IN_GROUP, f"{DEVELOPERS}/members", {}, ("owner", 400)),
    *send_situations("delete", OF_GROUP, f"{DEVELOPERS}/members/linus", None, ("owner", 204), (None, 401)),
    *send_situations("delete", OF_GROUP, f"{ACME}/groups/owners/members/ada", None, ("owner", 403)),
    *send_situations(
        "delete", OF_GROUP, f"{DEVELOPERS}/members/ada", None, ("owner", 404), ("org-token", 403)
    ),
    *get_situations(
        INVITES, f"{ACME}/invites", ("owner", 200), ("org-writer", 200), (None, 401), ("org-token", 403)
    ),
    *get_situations(INVITES, f"{NOPE}/invites", ("owner", 404)),
    *send_situations(
        "post", BULK, BULK, MIXED, ("owner", 202), ("org-writer", 202), (None, 401), ("member", 403)
    ),
    *send_situations("post", BULK, BULK, MIXED | {"dry_run": True}, ("owner", 202)),
    *send_situations("post", BULK, BULK, {"org": "acme", "invitees": []}, ("owner", 400)),
    *send_situations("post", BULK, BULK, MIXED | {"org": "nope"}, ("owner", 404)),
    *send_situations(
        "patch",
        RESEND,
        RESEND.replace("{id}", "{invite}"),
        None,
        ("owner", 204),
        (None, 401),
        ("member", 403),
    ),
    *send_situations("patch", RESEND, RESEND.replace("{id}", "nope"), None, ("owner", 404)),
    *send_situations(
        "delete", INVITE, "/v2/invites/{invite}", None, ("owner", 204), (None, 401), ("org-token", 403)
    ),
    *send_situations("delete", INVITE, "/v2/invites/nope", None, ("owner", 404)),
]

AREA = Area(SITUATIONS, UNDOCUMENTED, UNDESCRIBED)
