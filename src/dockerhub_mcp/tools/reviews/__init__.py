"""The reviews of access, tokens and repositories, which the workflows of the toolset `reviews` report."""
