"""The Typer application of all commands."""

import typer

from portal.commands import books, counting, data, serving, staff
from portal.commands.terminal import PlainGroup
from portal.words import t

app = typer.Typer(
    cls=PlainGroup, help=t("command.help.portal"), no_args_is_help=True, add_completion=False, rich_markup_mode=None
)
imports = typer.Typer(cls=PlainGroup, help=t("command.help.import"), no_args_is_help=True, rich_markup_mode=None)
people = typer.Typer(cls=PlainGroup, help=t("command.help.staff"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(people, name="staff")
app.add_typer(imports, name="import")

app.command("serve", help=t("command.help.serve"))(serving.serve)
app.command("migrate", help=t("command.help.migrate"))(serving.migrate)
app.command("tick", help=t("command.help.tick"))(serving.tick)
app.command("demo", help=t("command.help.demo"))(data.demo)
app.command("backup", help=t("command.help.backup"))(data.backup)
app.command("restore", help=t("command.help.restore"))(data.restore)
app.command("rights", help=t("command.help.rights"))(books.rights)
app.command("verify", help=t("command.help.verify"))(books.verify)
app.command("publish-head", help=t("command.help.publish_head"))(books.publish_head)
app.command("count", help=t("command.help.count"))(counting.count)
people.command("add", help=t("command.help.staff_add"))(staff.add)
imports.command("areas", help=t("command.help.import_areas"))(data.import_areas)
