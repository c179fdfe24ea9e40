import re
import sys
from subprocess import run

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.tag_content import summarize_content
from tests.support.sandbox_requests import START


def test_the_identities_are_complete(sandbox: Sandbox) -> None:
    assert {name: (identity.username, identity.kind) for name, identity in sandbox.identities.items()} == {
        "owner": ("ada", "password"),
        "owner-pat": ("ada", "pat"),
        "reader-pat": ("linus", "pat"),
        "public-pat": ("ada", "pat"),
        "expired-pat": ("ada", "pat"),
        "inactive-pat": ("ada", "pat"),
        "org-token": ("acme", "oat"),
        "org-token-narrow": ("acme", "oat"),
        "two-factor": ("grace", "password"),
        "two-factor-pat": ("grace", "pat"),
        "member": ("linus", "password"),
        "outsider": ("mallory", "password"),
    }


def test_secrets_have_the_real_prefixes_but_not_the_real_length(sandbox: Sandbox) -> None:
    # Secret scanners look for 27 characters after dckr_pat_ and for 32 after dckr_oat_.
    real = re.compile(r"dckr_pat_[A-Za-z0-9_-]{27}|dckr_oat_[A-Za-z0-9_-]{32}")
    for identity in sandbox.identities.values():
        prefix = {"pat": "dckr_pat_", "oat": "dckr_oat_", "password": "sandbox-password-"}[identity.kind]
        assert identity.secret.startswith(prefix)
        assert not real.search(identity.secret)


def test_two_sandboxes_with_the_same_time_have_the_same_data() -> None:
    one, other = (Sandbox(now=lambda: START) for _ in range(2))
    assert one.state.audit_events == other.state.audit_events
    assert one.state.personal_access_tokens == other.state.personal_access_tokens
    assert (
        one.state.get_repository("library", "redis").tags
        == other.state.get_repository("library", "redis").tags
    )


def test_changing_one_sandbox_leaves_the_next_alone() -> None:
    changed = Sandbox()
    changed.state.organizations["acme"].members.clear()
    changed.state.get_repository("acme", "storefront").tags.clear()
    changed.state.organizations["acme"].restricted_images["enabled"] = False
    fresh = Sandbox()
    assert fresh.state.organizations["acme"].members
    assert fresh.state.get_repository("acme", "storefront").tags
    assert fresh.state.organizations["acme"].restricted_images["enabled"] is True


def test_well_known_repositories_have_a_fixed_number_of_tags(sandbox: Sandbox) -> None:
    for namespace, name, least, most in [
        ("library", "redis", 2400, 2600),
        ("library", "nginx", 850, 1000),
        ("acme", "storefront", 40, 40),
    ]:
        assert least <= len(sandbox.state.get_repository(namespace, name).tags) <= most, (
            namespace,
            name,
            least,
            most,
        )


def test_other_official_images_have_five_to_a_hundred_tags(sandbox: Sandbox) -> None:
    sizes = {
        name: len(found.tags)
        for (namespace, name), found in sandbox.state.repositories.items()
        if namespace == "library" and name not in {"redis", "nginx"}
    }
    assert len(sizes) == 23
    assert {name: size for name, size in sizes.items() if not 5 <= size <= 100} == {}


def test_tag_names_are_unique_and_valid(sandbox: Sandbox) -> None:
    valid = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
    for found in sandbox.state.repositories.values():
        names = [tag.name for tag in found.tags]
        assert len(set(names)) == len(names), found.name
        assert [name for name in names if not valid.fullmatch(name)] == []


def test_no_record_is_newer_than_the_start(sandbox: Sandbox) -> None:
    for found in sandbox.state.repositories.values():
        assert found.registered_at < found.updated_at <= START
        for tag in found.tags:
            assert tag.pushed_at <= START
            assert tag.pulled_at is None or tag.pulled_at <= START
    assert all(event.timestamp <= START for event in sandbox.state.audit_events)


def test_a_tag_is_never_pulled_before_it_is_pushed(sandbox: Sandbox) -> None:
    for found in sandbox.state.repositories.values():
        early = [
            tag.name for tag in found.tags if tag.pulled_at is not None and tag.pulled_at < tag.pushed_at
        ]
        assert early == [], found.name


def test_aliases_share_a_digest_and_other_versions_do_not(sandbox: Sandbox) -> None:
    redis = sandbox.state.get_repository("library", "redis")
    digests = {tag.name: summarize_content(describe_build(redis, tag)).digest for tag in redis.tags}
    assert len({digests[name] for name in ("latest", "8", "8.2", "8.2.3", "8.2.3-trixie")}) == 1
    assert len({digests[name] for name in ("8.2.3", "8.2.2", "8.2.3-alpine", "8.0.5")}) == 4


def test_tokens_are_of_all_ages(sandbox: Sandbox) -> None:
    own = [token for token in sandbox.state.personal_access_tokens if token.username == "ada"]
    assert any(token.expires_at and token.expires_at < START for token in own)
    assert any(token.expires_at and START < token.expires_at < START + 4 * 86400 for token in own)
    assert any(token.last_used_at is None for token in own)
    assert any(not token.is_active for token in own)
    organization = sandbox.state.organizations["acme"].access_tokens
    assert any(token.expires_at and token.expires_at < START for token in organization)
    assert any(token.expires_at and START < token.expires_at < START + 7 * 86400 for token in organization)
    assert any(token.last_used_at is None for token in organization)


def test_building_a_sandbox_loads_no_web_server_and_builds_no_tags() -> None:
    code = (
        "import sys, dockerhub_mcp; before = set(sys.modules);"
        "from dockerhub_mcp.sandbox import Sandbox; s = Sandbox();"
        "assert not {'uvicorn', 'mcp', 'pydantic', 'httpx2'} & (set(sys.modules) - before);"
        "assert all(r._tags is None for r in s.state.repositories.values())"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
