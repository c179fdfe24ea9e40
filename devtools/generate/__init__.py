"""Write every file of the checkout that is derived from the code: `python -m devtools.generate`."""
