from __future__ import annotations

import os
import time

from daglet import store


def test_what_goes_unused_for_a_week_is_removed_and_the_engine_left_alone(tmp_path):
    kept = tmp_path / store.CONTEXTS / "used"
    old = [tmp_path / name / "old" for name in store.STORES]
    engine = tmp_path / "engine" / "cache"
    for folder in (kept, *old, engine):
        folder.mkdir(parents=True)
    store.sweep(tmp_path, time.time() + store.KEPT_SECONDS - 60)
    assert all(folder.exists() for folder in old)
    later = time.time() + store.KEPT_SECONDS + 60
    os.utime(kept, (later, later))
    store.sweep(tmp_path, later)
    assert not any(folder.exists() for folder in old)
    assert kept.exists()
    assert engine.exists()


def test_there_need_be_no_store(tmp_path):
    store.sweep(tmp_path)
