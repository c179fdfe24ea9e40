"""Read what a clean-up needs to know: tags, immutable tags, manifests without a tag."""
