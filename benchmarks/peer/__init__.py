"""Docker's own server as the one to compare with: how it is built, started and called."""
