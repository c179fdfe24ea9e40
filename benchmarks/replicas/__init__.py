"""The load of many accounts on several replicas with a store, and of a team on one server."""
