"""The actions an audit log may hold: by group, each with name, label and a sentence."""

AUDIT_ACTIONS: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "billing": (
        "Billing",
        (
            ("plan.upgrade", "Larger plan", "The account moved to a larger plan"),
            ("plan.seat_add", "Seat bought", "A seat was bought"),
        ),
    ),
    "org": (
        "Organization",
        (
            ("create", "New organization", "The organization came into being"),
            ("settings.update", "Settings changed", "A setting of the organization was changed"),
            ("member.add", "Joined", "Somebody joined the organization"),
            ("member.remove", "Left or removed", "Somebody left the organization or was removed"),
            ("member.role.change", "New role", "A member was given another role"),
            ("member.invite.send", "Invitation sent", "Somebody was invited by e-mail"),
            ("member.invite.resend", "Invitation sent again", "An invitation was sent once more"),
            ("member.invite.cancel", "Invitation taken back", "An invitation was taken back"),
            ("team.create", "New team", "A team was created"),
            ("team.update", "Team changed", "A team was changed"),
            ("team.delete", "Team gone", "A team was deleted"),
            ("team.member.add", "Put into a team", "A member was put into a team"),
            ("team.member.remove", "Taken out of a team", "A member was taken out of a team"),
            ("oat.create", "New access token", "An organization access token was created"),
            ("oat.update", "Access token changed", "An organization access token was changed"),
            ("oat.activate", "Access token on", "An organization access token was switched on again"),
            ("oat.deactivate", "Access token off", "An organization access token was switched off"),
            ("oat.delete", "Access token gone", "An organization access token was deleted"),
        ),
    ),
    "repo": (
        "Repository",
        (
            ("create", "New repository", "A repository was created"),
            ("delete", "Repository gone", "A repository was deleted"),
            ("change.description", "Description changed", "The text about a repository was changed"),
            ("change.status", "Status changed", "A repository was made active or inactive"),
            ("immutable_tags.update", "Immutable tags changed", "The rules for immutable tags were changed"),
            ("privacy.set_private", "Now private", "A repository was hidden from the public"),
            ("privacy.set_public", "Now public", "A repository was shown to the public"),
            ("tag.push", "Push", "A tag was pushed"),
            ("tag.delete", "Tag gone", "A tag was deleted"),
            ("group.grant", "Access for a team", "A team was given access to a repository"),
            (
                "group.change",
                "Other access for a team",
                "A team was given more or less access to a repository",
            ),
            ("group.revoke", "No access for a team", "A team lost its access to a repository"),
        ),
    ),
}
