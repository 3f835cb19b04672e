from __future__ import annotations

import pytest

from pipeline.vcs import public_address


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
