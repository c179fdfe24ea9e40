"""Why a pull of an image may fail: what is read about the image and the account, and the checks on it."""
