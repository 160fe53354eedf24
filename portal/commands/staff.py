"""Commands for people: `staff add`."""

from typing import Annotated

import typer

from db.models.accounts import DutyRole
from portal import areas, audit
from portal.accounts import people
from portal.acts import SYSTEM
from portal.commands.terminal import open_database, say
from portal.errors import Refused
from portal.words import t


def add(
    phone: Annotated[str, typer.Option(help=t("command.help.phone"))],
    name: Annotated[str, typer.Option(help=t("command.help.name"))],
    area: Annotated[str, typer.Option(help=t("command.help.area"))],
    role: Annotated[DutyRole, typer.Option(help=t("command.help.role"))] = DutyRole.STAFF,
) -> None:
    open_database()
    place = areas.tree().by_code(area)
    if place is None:
        raise Refused("unknown_area", code=area)
    with audit.transaction() as session:
        people.appoint(session, SYSTEM, phone=phone, name=name, role=role, area_id=place.id)
    say("command.staff.done", name=name, role=t(f"role.{role}"), area=place.label)
