"""The documents, or sections of them, that are generated from the code and from calls to the sandbox."""
