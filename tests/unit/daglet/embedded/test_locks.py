from __future__ import annotations

import anyio
import pytest

from daglet.embedded.locks import Kind, held, is_free


async def test_shared_ones_leave_no_room_for_an_exclusive_one(tmp_path):
    path = tmp_path / "lock"
    assert is_free(path)
    async with held(path, Kind.SHARED), held(path, Kind.SHARED):
        assert is_free(path, Kind.SHARED)
        assert not is_free(path)
        with pytest.raises(TimeoutError):
            async with held(path, Kind.EXCLUSIVE, 0.1):
                pass
    assert is_free(path)


async def test_the_wait_for_one_can_be_cancelled(tmp_path):
    async with held(tmp_path / "lock", Kind.EXCLUSIVE):
        with anyio.move_on_after(0.1) as waited:
            async with held(tmp_path / "lock", Kind.SHARED):
                pass
    assert waited.cancelled_caught
    async with held(tmp_path / "lock", Kind.EXCLUSIVE, 0):
        assert not is_free(tmp_path / "lock", Kind.SHARED)
