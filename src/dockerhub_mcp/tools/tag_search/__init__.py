"""Finding tags by name, version, digest, platform, age and size."""
