"""Texts that several listings share."""

TITLE = "Docker Hub"
SUMMARY = "The Docker Hub API for agents: repositories, tags, tokens, members, audit logs. Reads by default."
USERNAME_TEXT = (
    "Docker ID, or the organization's name for an organization access token. Empty: public data only."
)
TOKEN_TEXT = "Docker Hub access token of that name. Give it the fewest permissions that do the job."
ACCESS_TEXT = (
    "What tools may do: read, write or admin. What gives rights or loses data asks for confirmation."
)
TOOLSETS_TEXT = "Toolsets: default, all, developer, platform, administrator, or areas such as tags,members."
