"""Tags as versions: families of tags that can be compared, their order, and which is newer.

Pure functions on names; nothing here reads from Docker Hub.
"""
