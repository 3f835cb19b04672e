"""The record of all runs: one SQLite file, into which several processes may write at a time.

Each run is kept whole, as its report's JSON, beside the few values that it is looked up by. How often the cache served is
counted beside them, for a count must not fall when old runs go. A rollback journal and not a write-ahead log: the file stays
one file, and works on a network's file system, too.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.report.model import Report, ServiceResult, seconds

FILE_NAME = "history.sqlite"

_FORMAT = 1
_WAIT_SECONDS = 5
_DAY_SECONDS = 86_400

_TABLES = f"""
CREATE TABLE IF NOT EXISTS run (id TEXT PRIMARY KEY, repository TEXT NOT NULL, started REAL NOT NULL, report TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS run_by_time ON run (repository, started);
CREATE TABLE IF NOT EXISTS stage_count (
    repository TEXT NOT NULL, service TEXT NOT NULL, stage TEXT NOT NULL, status TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (repository, service, stage, status)
);
PRAGMA user_version = {_FORMAT};
"""


class HistoryError(PipelineError):
    """The record cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of a repository's record is kept: runs of so many days, and so many runs at most."""

    days: float
    runs: int


class History:
    """The record in a file, which is made when something is first written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, reports: Iterable[Report]) -> int:
        """Record runs and return how many of them were new: a run that is known by its id is left as it is.

        Raises
        ------
        HistoryError
            If the file cannot be written; nothing of these runs is then in it.
        """
        new = 0
        with self._transaction() as database:
            for report in reports:
                row = (report.run, report.repository, seconds(report.started), report.model_dump_json(exclude_defaults=True))
                if database.execute("INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?)", row).rowcount:
                    new += 1
                    database.executemany(
                        "INSERT INTO stage_count VALUES (?, ?, ?, ?, 1)"
                        " ON CONFLICT (repository, service, stage, status) DO UPDATE SET number = number + 1",
                        [
                            (report.repository, service.service_name, stage.name, stage.status)
                            for service in report.services
                            for stage in service.stages
                        ],
                    )
        return new

    def prune(self, repository: str, retention: Retention) -> int:
        """Remove a repository's oldest runs and return how many they were.

        Raises
        ------
        HistoryError
            If the file cannot be written.
        """
        oldest = time.time() - retention.days * _DAY_SECONDS
        with self._transaction() as database:
            done = database.execute(
                "DELETE FROM run WHERE repository = ? AND (started < ? OR id NOT IN"
                " (SELECT id FROM run WHERE repository = ? ORDER BY started DESC LIMIT ?))",
                (repository, oldest, repository, retention.runs),
            )
            return done.rowcount

    def runs(self, repository: str = "", *, since: float = 0.0, latest: int = 0) -> tuple[Report, ...]:
        """Return runs, the oldest first.

        Parameters
        ----------
        repository:
            Whose runs, "" for those of all repositories.
        since:
            The time in seconds since 1970 from which on they started.
        latest:
            At most so many, the newest; 0 for all.

        Raises
        ------
        HistoryError
            If the file cannot be read. One that does not exist holds no runs.
        """
        if not self._path.exists():
            return ()
        with self._connection() as database:
            rows = database.execute(
                "SELECT report FROM run WHERE (repository = ?1 OR ?1 = '') AND started >= ?2"
                " ORDER BY started DESC, id LIMIT ?3",
                (repository, since, latest or -1),
            ).fetchall()
            return tuple(Report.model_validate_json(row[0]) for row in reversed(rows))

    def latest(self, repository: str, names: Collection[str], *, scanned: bool = False) -> dict[str, ServiceResult]:
        """Return the newest result of each of some services, however many runs ago: of one that was never built there is none.

        Parameters
        ----------
        scanned:
            Whether only results count that tell what a scan found.

        Raises
        ------
        HistoryError
            If the file cannot be read. One that does not exist holds no runs.
        """
        found: dict[str, ServiceResult] = {}
        if not names or not self._path.exists():
            return found
        told = '"vulnerabilities"' if scanned else ""
        with self._connection() as database:
            # They come one by one, the newest first, so that only a service that is not found has all runs looked through.
            rows = database.execute(
                "SELECT json_extract(service.value, '$.service_name'), service.value"
                " FROM run CROSS JOIN json_each(run.report, '$.services') AS service"
                " WHERE run.repository = ?1 AND instr(run.report, ?2)"
                " AND (?2 = '' OR json_extract(service.value, '$.vulnerabilities') IS NOT NULL)"
                " ORDER BY run.started DESC, run.id",
                (repository, told),
            )
            for name, result in rows:
                if name in names and name not in found:
                    found[name] = ServiceResult.model_validate_json(result)
                    if len(found) == len(names):
                        break
        return found

    def counts(self, repository: str) -> dict[tuple[str, str, str], int]:
        """Return how often each stage came to each status, of all runs that were ever recorded: by service, stage, status.

        Raises
        ------
        HistoryError
            If the file cannot be read. One that does not exist holds no runs.
        """
        if not self._path.exists():
            return {}
        with self._connection() as database:
            rows = database.execute(
                "SELECT service, stage, status, number FROM stage_count WHERE repository = ?", (repository,)
            ).fetchall()
        return {(service, stage, status): number for service, stage, status, number in rows}

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        with self._connection() as database:
            if not database.execute("PRAGMA user_version").fetchone()[0]:
                database.executescript(_TABLES)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection; what is not committed when it ends is rolled back."""
        try:
            with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
                found = database.execute("PRAGMA user_version").fetchone()[0]
                if found > _FORMAT:
                    later = f"a later version of pipeline wrote it (format {found}, known is {_FORMAT})"
                    raise self._unusable(later)
                yield database
        except (sqlite3.Error, ValueError) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, reason: str) -> HistoryError:
        return HistoryError(f"history {self._path}: {reason}", hint="move the file away, and a new one is begun")
