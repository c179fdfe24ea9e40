"""State that the replicas of a server share: confirmations, sign-ins, limits, plans and changes.

The rest of the program gets it as objects and callables, and does not import this package; `bootstrap` puts
them together.
"""
