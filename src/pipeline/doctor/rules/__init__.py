"""The pitfalls: a module for each row of the specification, and the table of all of them."""

from __future__ import annotations

from pipeline.doctor.model import Family, Rule
from pipeline.doctor.rules import p01_frontend, p02_cache_owner, p03_arguments, p05_binaries, p06_order, p09_secrets, p10_image

FAMILIES: tuple[Family, ...] = (
    p01_frontend.FAMILY,
    p02_cache_owner.FAMILY,
    p03_arguments.FAMILY,
    p05_binaries.FAMILY,
    p06_order.FAMILY,
    p09_secrets.FAMILY,
    p10_image.FAMILY,
)

RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.rules)
