"""The corpus: small repositories, one a trait of what real services look like."""

from __future__ import annotations

from pathlib import Path

import pytest

CORPUS = Path(__file__).parent

FAST = ("go-files", "go-replace", "go-workspace", "node-files", "node-hooks", "node-worker")
"""What a run builds unless --corpus asks for all: ways that the sample services do not go, and that take no long download."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and path.name != "__pycache__")
    if "planned" in metafunc.fixturenames:
        metafunc.parametrize("planned", names)
    if "built" in metafunc.fixturenames:
        chosen = names if metafunc.config.getoption("--corpus") else [name for name in names if name in FAST]
        metafunc.parametrize("built", chosen)


@pytest.fixture(scope="session")
def corpus_state(tmp_path_factory):
    """An engine state that all repositories of the corpus share."""
    return tmp_path_factory.mktemp("corpus-state")
