"""Carrying out mutations: preview, confirmation, audit log and files for new secrets."""
