"""The registry of the sandbox, as registry-1.docker.io and auth.docker.io serve it.

Written from Docker's documents of its registry API and token service, and from the specifications of OCI.
"""
