"""What a build is given from here is what it sees."""

from __future__ import annotations

from pipeline import engine

# One that ends with a line travels in the Dockerfile itself, any other as a file.
TEXTS = ("a" * 300, "b" * 300, "c" * 300, "d" * 300 + "\n", "e" * 300 + "\n")


async def test_made_files_of_one_size_are_told_apart(make_workspace, monkeypatch):
    for name, value in make_workspace().environ.items():
        monkeypatch.setenv(name, value)
    async with engine.session(engine.Choice.BUILDKIT, print):
        from dagger import dag

        for text in TEXTS:
            made = dag.directory().with_new_file("version", text).with_timestamps(0)
            assert await made.file("version").contents() == text
