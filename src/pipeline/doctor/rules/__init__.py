"""The pitfalls: a module for each row of the specification, and the table of all of them."""

from __future__ import annotations

from pipeline.doctor.model import Family, Rule
from pipeline.doctor.rules import (
    p01_frontend,
    p02_cache_owner,
    p03_arguments,
    p04_phantoms,
    p05_binaries,
    p06_order,
    p07_ballast,
    p08_unread,
    p09_secrets,
    p10_image,
)

_MODULES = (
    p01_frontend,
    p02_cache_owner,
    p03_arguments,
    p04_phantoms,
    p05_binaries,
    p06_order,
    p07_ballast,
    p08_unread,
    p09_secrets,
    p10_image,
)

FAMILIES: tuple[Family, ...] = tuple(module.FAMILY for module in _MODULES)

RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.rules)
