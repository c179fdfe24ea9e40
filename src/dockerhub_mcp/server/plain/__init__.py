"""Plain requests: those that need neither the SDK nor a question to the user.

These are the handshakes, `ping`, the lists, and calls of tools that only read, each in its usual form, in
both protocol generations. The SDK serves all others, and decides what is right: the same request gets equal
JSON.
"""
