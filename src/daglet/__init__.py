"""A Dagger session on plain BuildKit: the unchanged Dagger client talks to it, BuildKit does the work."""
