"""Base images: what stages start from, assembled from packages or taken from a hub, and pinned."""

from __future__ import annotations

from pipeline.bases.errors import BaseError, LockError
from pipeline.bases.lock import LOCK_NAME
from pipeline.bases.model import Base, BaseRequest, BaseSet, Role, Settings
from pipeline.bases.resolve import HubDigest, locked, resolve

__all__ = [
    "LOCK_NAME",
    "Base",
    "BaseError",
    "BaseRequest",
    "BaseSet",
    "HubDigest",
    "LockError",
    "Role",
    "Settings",
    "locked",
    "resolve",
]
