"""Stages: from inputs to `dagger.Container`, each a small pure function of what it is given."""
