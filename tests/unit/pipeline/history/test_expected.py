from __future__ import annotations

import runs

from pipeline.history import Expected, expected


def with_host(report, host, **times):
    services = tuple(
        service.model_copy(update={"host": host, "duration_seconds": times[service.service_name]})
        for service in report.services
    )
    return report.model_copy(update={"services": services})


def test_the_mean_of_durations_and_the_last_host():
    first, second, _ = runs.many(3)
    names = [service.service_name for service in first.services]
    found = expected([with_host(first, "a", **dict.fromkeys(names, 2.0)), with_host(second, "b", **dict.fromkeys(names, 4.0))])
    assert found == dict.fromkeys(names, Expected(3.0, "b"))


def test_what_failed_says_nothing():
    [run] = runs.many(1)
    failed = tuple(service.model_copy(update={"success": False}) for service in run.services)
    assert expected([run.model_copy(update={"services": failed})]) == {}
