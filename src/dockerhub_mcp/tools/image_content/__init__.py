"""Reading of images: the Hub's facts, manifests, configurations and attestations, for workflows."""
