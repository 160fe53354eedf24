"""Cases of every kind: one table, one lifecycle."""

from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from db.types import PathText


class KindName(StrEnum):
    WISH = "wish"
    OPINION = "opinion"
    HELP = "help"
    ERRAND = "errand"
    DISPUTE = "dispute"


class State(StrEnum):
    DRAFT = "draft"
    SCREENING = "screening"
    RETURNED = "returned"
    OPEN = "open"
    DISPATCHED = "dispatched"
    CLAIMED = "claimed"
    IN_PROGRESS = "in_progress"
    AWAITING_RESIDENT = "awaiting_resident"
    DONE = "done"
    CLOSED = "closed"
    DECLINED = "declined"
    REFERRED = "referred"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


FINISHED = "state IN ('closed', 'declined', 'referred', 'merged', 'withdrawn')"
"""The states in which nothing more is to be done, as SQL: for an index and for the query that goes along it."""


class Standing(StrEnum):
    """What the public is told of a case, whatever its inner state. Closed is not solved."""

    OPEN = "open"
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    DECLINED = "declined"
    HIDDEN = ""
    """Not on the wall: a draft, before screening, withdrawn, merged away or hidden."""


class Outcome(StrEnum):
    """The resident's own answer to "was it solved?"."""

    SOLVED = "solved"
    PARTLY = "partly"
    NOT = "not"
    UNANSWERED = "unanswered"


class Channel(StrEnum):
    SELF = "self"
    STREET = "street"
    PHONE = "phone"
    COUNTER = "counter"
    PAPER = "paper"


def _where(name: str, *columns: str, only: str) -> Index:
    """An index of the rows for which `only` holds."""
    return Index(name, *columns, sqlite_where=text(only), postgresql_where=text(only))


def _shown(name: str, *columns: str, also: str = "") -> Index:
    """An index of what the public may see."""
    return _where(name, *columns, only=f"standing <> ''{also}")


_ECHO = ("kind", "answered_at", "id", "area_path", "state", "standing")


class Case(SQLModel, table=True):
    """A wish, opinion, help order, errand or dispute, from the first word to the last star."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("supporters >= 0", name="supporters_not_negative"),
        CheckConstraint("stars BETWEEN 0 AND 5", name="stars_in_range"),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_whole"),
        CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency_in_range"),
        CheckConstraint("kind IN ('wish', 'opinion') OR private", name="kind_private"),
        CheckConstraint("NOT private OR standing = ''", name="private_not_shown"),
        # the wall: what must be equal, then the order, then all else that is asked, so that no row need be fetched;
        # SQLite wants `standing` there, too, as it asks for it where an index is partial
        _shown("wall_newest", "kind", "id", "standing"),
        _shown("wall_category", "kind", "category", "id", "area_path", "standing"),
        _shown("wall_standing", "kind", "standing", "id", "area_path"),
        _shown("wall_category_standing", "kind", "category", "standing", "id", "area_path"),
        _shown("wall_supported", "kind", "supporters", "id", "area_path", "standing"),
        _shown("wall_supported_category", "kind", "category", "supporters", "id", "area_path", "standing"),
        _shown("wall_supported_standing", "kind", "standing", "supporters", "id", "area_path"),
        _shown("wall_supported_both", "kind", "category", "standing", "supporters", "id", "area_path"),
        _shown("wall_area", "kind", "area_path", "category", "standing", "supporters", "id", "answered_at", "state"),
        _shown("wall_near", "kind", "tile", "category", "standing", "area_path", "lon", "lat", "id"),
        _shown("echo_newest", *_ECHO, also=" AND answered_at IS NOT NULL"),
        Index("work_queue", "state", "area_path", "id"),
        Index("desk_queue", "desk_path", "state", "id"),
        _where("clockwork", "next_at", only="next_at IS NOT NULL"),
        _where("same_answer", "answer_hash", "answered_at", only="answer_hash <> ''"),
        Index("closed_by_day", "closed_at", "id"),
        _where("to_anonymise", "kind", "closed_at", "updated_at", "id", only=f"{FINISHED} AND anonymised_at IS NULL"),
        Index("cases_of_station", "station_id", "slot_at"),
        # few among many, read by their heads: all that a list of them asks for
        Index(
            "disputes",
            "id",
            "state",
            "area_path",
            "follow_up_on",
            sqlite_where=text("kind = 'dispute'"),
            postgresql_where=text("kind = 'dispute'"),
        ),
        # only what is in the hall, each urgency from the oldest on
        Index(
            "hall",
            "urgency",
            "id",
            "area_path",
            "wave",
            "category",
            sqlite_where=text("in_hall = 1"),
            postgresql_where=text("in_hall"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = KindName.WISH
    private: bool = False
    """Never on a public page, whatever its state: always for help, errands and disputes, by choice for opinions."""
    title: str
    body: str
    category: str = Field(foreign_key="category.code")
    state: str = State.DRAFT
    standing: str = Standing.HIDDEN
    hidden: bool = False

    area_id: int = Field(foreign_key="area.id")
    """The cell (or the smallest area known) where it is."""
    area_path: str = Field(sa_type=PathText)
    desk_path: str = Field(sa_type=PathText)
    """The area whose desk answers for it now: climbs the tree on a miss."""
    desk_since_at: datetime | None = None
    """When it was lifted or handed down to this desk; None while it stands where it came in."""
    handed_down: bool = False
    """Whether the last hop led down: then this desk has half a target of its own before the case climbs again."""
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    tile: int | None = None
    """Square of about 200 m that holds the point; see `portal.areas.tile_of`."""

    poster_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    name_shown: bool = False
    channel: str = Channel.SELF
    recorded_by: int | None = Field(default=None, foreign_key="person.id")
    consent: str = ""
    """How the person for whom it was recorded agreed: spoken, written; empty where they posted themselves."""
    contact_sealed: str | None = None
    contact_mask: str = ""
    receipt_hash: str | None = Field(default=None, unique=True)

    in_hall: bool = False
    holder_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    held_as: str = ""
    hold_until_at: datetime | None = None

    target_class: str = ""
    urgency: int = 0
    """Of a help order: 1 can wait, 2 today, 3 at once; 0 for what has its target from its category."""
    started_at: datetime | None = None
    due_at: datetime | None = None
    half_at: datetime | None = None
    respond_by_at: datetime | None = None
    responded_at: datetime | None = None
    paused_at: datetime | None = None
    used_seconds: int = 0
    """Time on the target's clock already used up before the present run (which began at `running_at`)."""
    running_at: datetime | None = None
    wave: int = 0
    """How far a help order in the hall has been offered: 1 to volunteers of the cell with the skill, 3 to all."""
    offered_at: datetime | None = None
    """When the present wave began."""
    asks: int = 0
    missed: int = 0
    """How many levels it climbed because a target was missed."""
    next_at: datetime | None = None
    """When the clockwork must look at it next."""

    shown_at: datetime | None = None
    """When it first came onto the wall: what nobody screened stays unread even where it was merged."""
    supporters: int = 0
    merged_into_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    errand_id: int | None = Field(default=None, foreign_key="errand.id")
    station_id: int | None = Field(default=None, foreign_key="station.id")
    slot_at: datetime | None = None
    """When the person comes to the station (or the station's people come home)."""
    scope: str = ""
    """`small`: answered in the cell where it began; `large`: several units work on it under one lead."""
    unit_paths: list[str] = Field(default_factory=list, sa_type=JSON)
    """Areas whose people were invited to work on it."""
    party_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    """People with an account who are parties of a dispute, the one who brought it included."""
    follow_up_on: date | None = None

    answer: str = ""
    answer_hash: str = ""
    """Digest of the public reply without spaces and signs, to find the same words in many cases."""
    answered_at: datetime | None = None
    answered_by: int | None = None
    claimed: str = ""
    """What the handler says of it: solved, partly, not. The outcome is what the resident says."""
    decided_by: int | None = None
    """Who declined or hid it: an appeal goes to somebody else."""
    outcome: str = ""
    stars: int = 0
    word: str = ""
    rated_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = 0
    back_stars: int = 0
    """What the volunteer says of the order, for staff alone; 0: nothing yet."""
    back_word: str = ""
    anonymised_at: datetime | None = None

    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    version: int = 0
    """Counts the acts that changed it, so that no act decides on a row that has moved on."""


class CaseArea(SQLModel, table=True):
    """Each area above a case, so that a list of one area reads by key whatever its level."""

    __tablename__ = "case_area"

    area_id: int = Field(primary_key=True, foreign_key="area.id")
    case_id: int = Field(primary_key=True, foreign_key="cases.id")


class Support(SQLModel, table=True):
    """ "Me too", once per person."""

    __tablename__ = "support"

    case_id: int = Field(primary_key=True, foreign_key="cases.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id", index=True)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
