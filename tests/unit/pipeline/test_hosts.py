"""Which host builds which service: the same answer everywhere, evened out, and faithful to caches."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline import hosts
from pipeline.config.model import Engine
from pipeline.errors import UsageError
from pipeline.history import Expected

NAMES = [f"service-{number}" for number in range(40)]
HOSTS = ["tcp://a:1", "tcp://b:1", "tcp://c:1"]


def test_without_a_record_the_names_decide_and_each_host_gets_its_share():
    found = hosts.place(NAMES, HOSTS, {})
    assert found == hosts.place(NAMES[::-1], HOSTS[::-1], {})
    assert all(count <= 1.25 * len(NAMES) / len(HOSTS) for count in Counter(found.values()).values())


def test_a_host_that_goes_moves_few_services_but_its_own():
    before, after = hosts.place(NAMES, HOSTS, {}), hosts.place(NAMES, HOSTS[:2], {})
    moved = [name for name in NAMES if before[name] in HOSTS[:2] and before[name] != after[name]]
    assert len(moved) <= len(NAMES) // 10


def test_a_service_stays_where_its_cache_is():
    last = {name: Expected(10, HOSTS[number % 3]) for number, name in enumerate(NAMES)}
    assert hosts.place(NAMES, HOSTS, last) == {name: item.host for name, item in last.items()}


def test_one_host_that_has_everything_shares_it():
    last = {name: Expected(10, HOSTS[0]) for name in NAMES}
    found = Counter(hosts.place(NAMES, HOSTS, last).values())
    assert set(found) == set(HOSTS)
    assert found[HOSTS[0]] == 16


def test_durations_are_evened_out():
    slow = {name: Expected(100 if number < 3 else 1) for number, name in enumerate(NAMES)}
    found = hosts.place(NAMES, HOSTS, slow)
    assert len({found[name] for name in NAMES[:3]}) == 3


def test_a_service_longer_than_all_others_has_a_place():
    assert hosts.place(["long", "short"], HOSTS[:2], {"long": Expected(1000), "short": Expected(1)}).keys() == {"long", "short"}


def test_files_of_credentials_are_relative_to_the_repository(tmp_path):
    (tmp_path / "ca.pem").touch()
    found = hosts.credentials(tmp_path, Engine(tlscacert="ca.pem", tlsservername="x"))
    assert found == {"tlscacert": str(tmp_path / "ca.pem"), "tlsservername": "x"}


def test_a_file_that_cannot_be_read_is_named_with_its_key(tmp_path):
    (tmp_path / "cert").touch()
    with pytest.raises(UsageError, match=r"^engine\.tlskey: key cannot be read: No such file or directory; name a PEM file"):
        hosts.credentials(tmp_path, Engine(tlscert="cert", tlskey="key"))
