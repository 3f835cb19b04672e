from __future__ import annotations

import os
import subprocess

import pytest

from pipeline import vcs
from pipeline.errors import UsageError
from pipeline.vcs import address, identity, labels, nearest_repository, public_address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@example.com:team/repo.git", "https://example.com/team/repo"),
        ("ssh://git@example.com:22/team/repo.git", "https://example.com/team/repo"),
        ("https://user:token@example.com/team/repo.git", "https://example.com/team/repo"),
        ("https://example.com/team/repo", "https://example.com/team/repo"),
        ("../somewhere/repo", ""),
        ("", ""),
    ],
)
def test_only_public_addresses_and_no_credentials(remote, address):
    assert public_address(remote) == address


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A repository with two services and a commit of its own for each file."""
    git(tmp_path, "init", "-q")
    for name in ("one/main.go", "one/README.md", "two/main.go"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", name)
    return tmp_path


def test_the_revision_is_the_last_commit_that_touched_the_inputs(repository):
    found = labels(repository, "one", (), ("**/*.md",))
    assert found["org.opencontainers.image.revision"] == git(repository, "rev-parse", "HEAD~2")
    assert labels(repository, "one", (), ())["org.opencontainers.image.revision"] == git(repository, "rev-parse", "HEAD~1")
    assert labels(repository, ".", (), ())["org.opencontainers.image.revision"] == git(repository, "rev-parse", "HEAD")


def test_a_changed_or_new_input_makes_it_dirty(repository):
    (repository / "one/README.md").write_text("changed")
    assert not labels(repository, "one", (), ("**/*.md",))["org.opencontainers.image.revision"].endswith("-dirty")
    (repository / "one/new.go").write_text("package main")
    assert labels(repository, "one", (), ("**/*.md",))["org.opencontainers.image.revision"].endswith("-dirty")


def test_outside_a_repository_there_are_no_labels(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert labels(tmp_path, ".", (), ()) == {}


def test_what_a_repository_is_called(repository):
    head = git(repository, "rev-parse", "HEAD")
    assert identity(repository) == (repository.name, head)
    git(repository, "remote", "add", "origin", "git@example.com:team/repo.git")
    assert identity(repository) == ("https://example.com/team/repo", head)


def test_git_is_asked_a_few_times_however_many_patterns_there_are(repository, monkeypatch):
    asked = []
    ask = vcs._git
    monkeypatch.setattr(vcs, "_git", lambda folder, *words: asked.append(words) or ask(folder, *words))
    labels(repository, "one", (), tuple(f"**/*.{number}" for number in range(50)))
    assert len(asked) == 2


def test_a_service_in_a_submodule_is_of_that_repository(repository):
    assert nearest_repository(repository, "one") == nearest_repository(repository, ".") == repository
    git(repository / "one", "init", "-q")
    (repository / "one/deep/er").mkdir(parents=True)
    assert nearest_repository(repository, "one/deep/er") == nearest_repository(repository, "one") == repository / "one"
    git(repository / "one", "remote", "add", "origin", "git@example.com:team/one.git")
    assert (address(nearest_repository(repository, "one")), address(repository)) == ("https://example.com/team/one", "")


def test_a_file_may_be_called_anything(repository):
    (repository / "one" / os.fsdecode(b"caf\xe9.go")).write_text("package main")
    assert labels(repository, "one", (), ())["org.opencontainers.image.revision"].endswith("-dirty")


def test_where_there_is_no_git_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="there is no git"):
        vcs.commit(tmp_path, "HEAD")


def revision(repository, exclude, include=()):
    return labels(repository, "one", include, exclude).get("org.opencontainers.image.revision")


def test_what_is_taken_in_again_is_an_input(repository):
    first, second = git(repository, "rev-parse", "HEAD~2"), git(repository, "rev-parse", "HEAD~1")
    assert revision(repository, ("*.md", "!README.md")) == second
    assert revision(repository, ("*", "!main.go")) == first
    assert revision(repository, ("*", "!*.md", "README.md", "!main.go")) == first
    assert revision(repository, ("*", "!main.go", "!README.md")) == second
    assert revision(repository, ("*",)) is None
    (repository / "one/README.md").write_text("changed")
    assert revision(repository, ("*.md", "!README.md")) == f"{second}-dirty"
    assert revision(repository, ("*", "!main.go")) == first
