"""Platforms, levels and metrics as the tables number them."""

from enum import IntEnum, IntFlag, StrEnum


class Platform(StrEnum):
    """An advertising platform."""

    META = "META"
    TIKTOK = "TIKTOK"
    APPLE = "APPLE"


class Level(IntEnum):
    """A level of the tree at which facts may arrive; a larger number lies deeper."""

    AD_ACCOUNT = 1
    CAMPAIGN = 2
    AD_SET = 3
    AD = 4


class Missing(IntFlag):
    """The additive metrics that a row does not report, as the column `missing` holds them."""

    NONE = 0
    SPEND = 1
    IMPRESSIONS = 2
    CLICKS = 4
    LINK_CLICKS = 8
    CONVERSIONS = 16
    CONVERSION_VALUE = 32
    ALL = 63
