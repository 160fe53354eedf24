"""What a person wrote, checked field by field and turned into the columns of a case."""

from dataclasses import dataclass, field
from typing import Any

from db.models.cases import Case, Channel, KindName
from portal import areas, limits, vault
from portal.accounts import phones
from portal.accounts.reception import CONSENTS as CONSENTS
from portal.cases.kinds import EMERGENCY, ERRAND, HELP, OPINION, URGENCY_CLASSES, Kind, kind_of
from portal.cases.setup import categories, category_name, offered
from portal.errors import Refused
from portal.inputs import clean
from portal.photos import NewPhoto

CHANNELS = tuple(channel.value for channel in Channel if channel != Channel.SELF)
"""How a wish reaches the one who records it."""


@dataclass(frozen=True)
class Voice:
    """What a person wrote, as typed, whatever the kind. A point wins over an area; one of them is needed to post."""

    title: str
    body: str
    category: str
    kind: str = KindName.WISH
    private: bool = False
    """For staff alone, where the kind leaves the choice."""
    urgency: int = 0
    """Of a help order, 1 to 3."""
    area_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    name_shown: bool = False
    contact: str = ""
    photos: list[NewPhoto] = field(default_factory=list)
    channel: str = Channel.SELF
    consent: str = ""
    person_id: int | None = None
    """For whom it is recorded, where that person has an account."""


def case_of(voice: Voice, *, complete: bool = True) -> Case:
    """The words as an unsaved case, every field checked. A draft (`complete` False) may leave fields empty.

    A help order needs neither title nor body and is called after its category; an errand needs no body. An opinion
    without a title is called after its first words.
    """
    kind, tree = kind_of(voice.kind), areas.tree()
    category = _category(voice, complete)
    quick = kind in (HELP, ERRAND)
    body = clean("body", voice.body, limits.BODY_CHARS, required=complete and not quick, lines=True)
    title = _called(kind, category, body) if voice.title == "" else voice.title
    lon, lat = _point(voice)
    found = tree.locate(lon, lat) if lon is not None and lat is not None else None
    if found is None and voice.area_id is not None:
        found = tree.by_id(voice.area_id)
    if found is None:
        if complete:
            raise Refused("missing", field="place")
        found = tree.root
    contact = clean("contact", voice.contact, phones.TYPED_CHARS, required=False)
    phone = phones.normalise(contact) if contact else ""
    return Case(
        kind=kind.name,
        private=kind.private(bool(voice.private)),
        title=clean("title", title, limits.TITLE_CHARS, required=complete),
        body=body,
        category=category,
        urgency=_urgency(voice, kind),
        area_id=found.id,
        area_path=found.path,
        desk_path=first_desk(found.path),
        lon=lon,
        lat=lat,
        tile=areas.tile_of(lon, lat) if lon is not None and lat is not None else None,
        place=clean("place", voice.place, limits.TITLE_CHARS, required=False),
        name_shown=bool(voice.name_shown),
        contact_sealed=vault.seal(phone) if phone else None,
        contact_mask=phones.mask(phone) if phone else "",
        channel=voice.channel,
        consent=voice.consent,
    )


def first_words(body: str) -> str:
    """How a text without a title is called: its first line, cut where it is long."""
    line = " ".join(next((line for line in body.splitlines() if line.strip()), "").split())
    return line if len(line) <= limits.OPINION_TITLE_CHARS else line[: limits.OPINION_TITLE_CHARS - 1].rstrip() + "…"


def _called(kind: Kind, category: str, body: str) -> str:
    """How a case is called to which nobody gave a title."""
    if kind is HELP:
        return category_name(category)
    return first_words(body) if kind is OPINION else ""


def _category(voice: Voice, complete: bool) -> str:
    """The chosen category's code. A draft may leave it open and stands under the last one, which is "other"."""
    if voice.category:
        return offered(voice.category, voice.kind).code
    if complete:
        raise Refused("missing", field="category")
    return categories(voice.kind)[-1].code


def _urgency(voice: Voice, kind: Kind) -> int:
    """How urgent a help order is; 0 for the other kinds. Raises Refused `call_emergency` for a danger to life."""
    if kind is not HELP:
        return 0
    if voice.urgency == EMERGENCY:
        raise Refused("call_emergency")
    if voice.urgency not in URGENCY_CLASSES:
        raise Refused("missing", field="urgency")
    return voice.urgency


def _point(voice: Voice) -> tuple[float | None, float | None]:
    if voice.lon is None or voice.lat is None:
        return None, None
    try:
        lon, lat = float(voice.lon), float(voice.lat)
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
    """The columns that the person wrote, for moving them onto a kept row; beside them goes whether it is private."""
    names = (
        "title", "body", "category", "area_id", "area_path", "desk_path", "lon", "lat", "tile", "place",
        "name_shown", "contact_sealed", "contact_mask", "urgency",
    )  # fmt: skip
    return {name: getattr(case, name) for name in names}
