"""A Hub in the box: an embedded, stateful Docker Hub for first tries, demos and tests."""
