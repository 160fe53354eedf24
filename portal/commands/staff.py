"""Commands for people: `staff add`."""

from typing import Annotated

import typer

from db.models.accounts import DutyRole
from portal import audit
from portal.accounts import people
from portal.commands.terminal import open_database, say
from portal.words import t


def add(
    phone: Annotated[str, typer.Option(help=t("command.help.phone"))],
    name: Annotated[str, typer.Option(help=t("command.help.name"))],
    area: Annotated[str, typer.Option(help=t("command.help.area"))],
    role: Annotated[DutyRole, typer.Option(help=t("command.help.role"))] = DutyRole.STAFF,
) -> None:
    open_database()
    with audit.transaction() as session:
        people.add_staff(session, phone, name, role, area)
    say("command.staff.done", name=name, role=t(f"role.{role}"), area=area)
