"""What a person wrote, checked field by field and turned into the columns of a case."""

from dataclasses import dataclass, field
from typing import Any

from db.models.cases import Case, Channel
from portal import areas, limits, vault
from portal.accounts import phones
from portal.cases.setup import categories, offered
from portal.errors import Refused
from portal.inputs import clean
from portal.photos import NewPhoto

CONSENTS = ("spoken", "written")
CHANNELS = tuple(channel.value for channel in Channel if channel != Channel.SELF)
"""How a wish reaches the one who records it."""


@dataclass(frozen=True)
class Wish:
    """What a person wrote, as typed. A point wins over an area; one of them is needed to post."""

    title: str
    body: str
    category: str
    area_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    name_shown: bool = False
    contact: str = ""
    photos: list[NewPhoto] = field(default_factory=list)
    channel: str = Channel.SELF
    consent: str = ""


def case_of(wish: Wish, *, complete: bool = True) -> Case:
    """The wish as an unsaved case, every field checked. A draft (`complete` False) may leave fields empty."""
    tree = areas.tree()
    lon, lat = _point(wish)
    found = tree.locate(lon, lat) if lon is not None and lat is not None else None
    if found is None and wish.area_id is not None:
        found = tree.by_id(wish.area_id)
    if found is None:
        if complete:
            raise Refused("missing", field="place")
        found = tree.root
    contact = clean("contact", wish.contact, phones.TYPED_CHARS, required=False)
    phone = phones.normalise(contact) if contact else ""
    return Case(
        title=clean("title", wish.title, limits.TITLE_CHARS, required=complete),
        body=clean("body", wish.body, limits.BODY_CHARS, required=complete, lines=True),
        category=_category(wish.category, complete),
        area_id=found.id,
        area_path=found.path,
        desk_path=first_desk(found.path),
        lon=lon,
        lat=lat,
        tile=areas.tile_of(lon, lat) if lon is not None and lat is not None else None,
        place=clean("place", wish.place, limits.TITLE_CHARS, required=False),
        name_shown=bool(wish.name_shown),
        contact_sealed=vault.seal(phone) if phone else None,
        contact_mask=phones.mask(phone) if phone else "",
        channel=wish.channel,
        consent=wish.consent,
    )


def _category(code: str, complete: bool) -> str:
    """The chosen category's code. A draft may leave it open and stands under the last one, which is "other"."""
    if code:
        return offered(code).code
    if complete:
        raise Refused("missing", field="category")
    return categories()[-1].code


def _point(wish: Wish) -> tuple[float | None, float | None]:
    if wish.lon is None or wish.lat is None:
        return None, None
    try:
        lon, lat = float(wish.lon), float(wish.lat)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise Refused("outside_town", field="place") from wrong
    if not areas.tree().contains(lon, lat):  # also False for NaN and infinity
        raise Refused("outside_town", field="place")
    return lon, lat


def first_desk(path: str) -> str:
    """The desk that answers first: the community's, or the area itself where it lies above."""
    above = areas.tree().ancestors(path)
    return next((p.path for p in above if p.level == "community"), path)


def written(case: Case) -> dict[str, Any]:
    """The columns that the person wrote, for moving them onto a kept row."""
    names = (
        "title", "body", "category", "area_id", "area_path", "desk_path", "lon", "lat", "tile", "place",
        "name_shown", "contact_sealed", "contact_mask",
    )  # fmt: skip
    return {name: getattr(case, name) for name in names}
