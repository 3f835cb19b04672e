"""Registries of images: what is pushed to them, and by what program."""
