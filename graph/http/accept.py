"""The choice of a media type: what a client's Accept header prefers among what we offer."""

from __future__ import annotations

from functools import lru_cache

# Most clients send one of a few; longer ones are read each time.
LONGEST_KEPT = 200


def preferred(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """The best of `offers` for the header, earlier ones first where it does not care; None if none will do."""
    if not (accept or "").strip():
        return offers[0]
    return (_preferred if len(accept or "") <= LONGEST_KEPT else _preferred.__wrapped__)(accept, offers)


@lru_cache(maxsize=64)
def _preferred(accept: str | None, offers: tuple[str, ...]) -> str | None:
    ranges = [_range(part) for part in (accept or "").split(",")]
    best: tuple[float, int] = (0, 0)
    chosen = None
    for offer in offers:
        # The most precise range that fits an offer says how welcome it is; among equals the more precise one wins.
        fitting = [(precision, quality) for media, quality in ranges if (precision := _precision(media, offer))]
        if fitting:
            precision, quality = max(fitting)
            if quality > 0 and (quality, precision) > best:
                best, chosen = (quality, precision), offer
    return chosen


def _range(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media, min(max(float(value), 0), 1)
            except ValueError:
                return media, 0
    return media, 1


def _precision(media: str, offer: str) -> int:
    if media == offer:
        return 3
    if media == f"{offer.partition('/')[0]}/*":
        return 2
    return 1 if media == "*/*" else 0
