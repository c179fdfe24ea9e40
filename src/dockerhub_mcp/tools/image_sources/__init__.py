"""Find the image references of a text: Dockerfiles, compose files, Kubernetes manifests, lists.

Pure functions on texts: nothing is executed, and no file is read.
"""
