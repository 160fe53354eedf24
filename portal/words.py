"""Words: message catalogues (gettext, through Babel), dates, numbers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.errors import Refused
from portal.settings import settings

LOCALES = Path(__file__).with_name("locale")
_lang: ContextVar[str] = ContextVar("language", default="")


def use(lang: str | None) -> str:
    """Speak `lang` from here on (in this thread or task); an unknown one means the default. Returns the code."""
    offered = settings().language_codes
    chosen = lang if lang in offered else offered[0]
    _lang.set(chosen)
    return chosen


def language() -> str:
    """The code of the language in use, such as `zh-CN`."""
    return _lang.get() or settings().language_codes[0]


@contextmanager
def speaking(lang: str | None) -> Iterator[None]:
    """Use `lang` inside the block, for notices and feeds."""
    before = _lang.get()
    use(lang)
    try:
        yield
    finally:
        _lang.set(before)


def t(message_id: str, **facts: object) -> str:
    """The sentence for `message_id` with `facts` filled in. A missing id comes back as itself, and a test fails."""
    sentence = _translations(language()).gettext(message_id)
    return sentence.format_map(facts) if facts else sentence


def tn(message_id: str, n: int, **facts: object) -> str:
    """As `t`, choosing the plural form for `n`; `{n}` is filled with the formatted number."""
    sentence = _translations(language()).ngettext(message_id, message_id, n)
    return sentence.format_map({"n": number(n), **facts})


def known(message_id: str) -> bool:
    """Whether the language in use has `message_id`."""
    return _translations(language()).gettext(message_id) != message_id


def fitting(message_id: str, kind: str) -> str:
    """`message_id`, or that of the words which a kind of case has in its place: `<message_id>.<kind>`."""
    own = f"{message_id}.{kind}"
    return own if kind and known(own) else message_id


def say(refusal: Refused) -> str:
    """The sentence for a refusal. A fact called `field` is itself a message id below `field.`; `…_fen` is money."""
    facts = {k: t(f"field.{v}") if k == "field" else money_fact(k, v) for k, v in refusal.facts.items()}
    return t(f"refused.{refusal.message_id}", **facts)


def money_fact(name: str, value: object) -> object:
    """A fact as it stands in a sentence: what is called `…_fen` as money, all else as it is."""
    return money(value) if name.endswith("_fen") and isinstance(value, int) else value


def pick(names: Mapping[str, str]) -> str:
    """The name in the language in use out of data that carries its own translations."""
    return names.get(language()) or names.get(settings().language_codes[0]) or next(iter(names.values()), "")


def number(value: float, digits: int = 0) -> str:
    return numbers.format_decimal(round(value, digits), locale=_locale())


def money(fen: int) -> str:
    """An amount of fen in yuan, with the unit; decimals only where there are any."""
    digits = "#,##0" if fen % 100 == 0 else "#,##0.00"
    return t("words.money", amount=numbers.format_decimal(Decimal(fen) / 100, format=digits, locale=_locale()))


def share(value: float) -> str:
    """0..1 as a percentage without decimals."""
    return numbers.format_percent(value, locale=_locale())


def day(value: date | datetime) -> str:
    """A day, in the town's zone."""
    if isinstance(value, datetime):
        value = value.astimezone(settings().zone).date()
    return dates.format_date(value, "medium", locale=_locale())


def month(value: date) -> str:
    """The month in which a day lies, with its year."""
    return dates.format_skeleton("yMMMM", value, locale=_locale())


def moment(value: datetime) -> str:
    """Day and minute, in the town's zone."""
    return dates.format_datetime(value, "short", tzinfo=settings().zone, locale=_locale())


def hour(value: datetime) -> str:
    """Hour and minute, in the town's zone."""
    return dates.format_time(value, "HH:mm", tzinfo=settings().zone, locale=_locale())


def weekday(value: date) -> str:
    """The day of the week, short."""
    return dates.format_date(value, "ccc", locale=_locale())


def month_day(value: date) -> str:
    """The day without its year, for days close by."""
    return dates.format_skeleton("MMMd", value, locale=_locale())


def appointment(value: datetime) -> str:
    """Month, day, weekday, hour and minute, in the town's zone: when somebody is to come."""
    day_on = value.astimezone(settings().zone).date()
    return f"{dates.format_skeleton('MMMEd', day_on, locale=_locale())} {hour(value)}"


def ago(value: datetime, now: datetime) -> str:
    """How long ago (or in how long), in the largest sensible unit."""
    return dates.format_timedelta(value - now, add_direction=True, locale=_locale(), threshold=1.2)


def _locale() -> Locale:
    return _locale_of(language())


@lru_cache
def _locale_of(lang: str) -> Locale:
    return Locale.parse(lang, sep="-")


@lru_cache
def _translations(lang: str) -> GNUTranslations:
    """All `.po` files of a language as one catalogue, compiled in memory: no build step, nothing stale."""
    merged = Catalog(locale=lang.replace("-", "_"))
    for path in sorted((LOCALES / lang.replace("-", "_")).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=merged.locale):
                if message.id:
                    merged[message.id if isinstance(message.id, str) else message.id[0]] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return GNUTranslations(compiled)
