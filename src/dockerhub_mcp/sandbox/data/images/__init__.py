"""The content of images: manifests, configurations and attestations, which the registry serves by digest.

All of it follows from an `ImageBuild` alone, never from the clock, so that a digest is the same in every
sandbox. The Hub's answers and the registry's are made from the same content.
"""
