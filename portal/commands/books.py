"""Commands that read the rules and the audit chain: `rights`, `verify`, `publish-head`."""

import importlib
import json
import pkgutil
import sys
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

import portal
from db.engine import snapshot
from db.models.audit import ChainHead, PublishedHead
from portal import audit
from portal.acts import ACTS, Act
from portal.commands.terminal import FOUND_BAD, open_database, out, say, steps
from portal.fund import checks
from portal.ledger import Fault
from portal.words import t

NO_ACTS = {"app", "main", "__main__", "commands", "demo", "http"}
"""What serves and shows, and declares nothing."""
FAULTS = 20
"""So many of the faults in the books are told."""


def declared() -> list[Act]:
    """Every act of the portal, by name, whichever module below `portal` declares it."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if module.name.split(".")[1] not in NO_ACTS:
            importlib.import_module(module.name)
    return [ACTS[name] for name in sorted(ACTS)]


def matrix() -> str:
    """All acts as lines of plain text, the same in every language: who may, from which states, to which.

    Below an act stand the kinds of case for which others may do it, or nobody.
    """
    lines = []
    for row in map(_row, declared()):
        states = f"{','.join(row['from']) or '*'} -> {row['to'] or '='}"
        words = f"says:{row['says'] or 'no'}{'/public' if row['says_public'] else ''}"
        shown = "public" if row["public"] else "private"
        lines.append(f"{row['act']:<22} {' '.join(row['who']):<26} {shown:<7} {words:<20} {states}\n")
        lines += [f"  {kind:<20} {' '.join(roles) or 'nobody'}\n" for kind, roles in sorted(row["kinds"].items())]
    return "".join(lines)


def rights(as_json: Annotated[bool, typer.Option("--json", help=t("command.help.json"))] = False) -> None:
    rows = json.dumps([_row(act) for act in declared()], ensure_ascii=False, indent=1) + "\n"
    sys.stdout.write(rows if as_json else matrix())


def _row(act: Act) -> dict[str, Any]:
    return {
        "act": act.name,
        "who": list(act.who),
        "kinds": {kind: list(roles) for kind, roles in act.kinds.items()},
        "from": sorted(act.frm),
        "to": act.to,
        "says": act.says,
        "says_public": act.says_public,
        "public": act.public,
    }


def verify(
    as_json: Annotated[bool, typer.Option("--json", help=t("command.help.json"))] = False,
    head: Annotated[str, typer.Option(help=t("command.help.head"), metavar="SEQ:HASH")] = "",
) -> None:
    open_database()
    claimed = _claimed(head)
    with snapshot() as session, steps() as step:
        total = getattr(session.get(ChainHead, 1), "seq", 0)
        verdict = audit.verify(session, progress=lambda done: step("verify", done, max(done, total)))
        if verdict.ok:
            verdict = _compare(session, verdict, claimed)
        faults = list(islice(checks.compare(session), FAULTS + 1))
    if as_json:
        sys.stdout.write(json.dumps(_found(verdict, faults)) + "\n")
    else:
        _tell(verdict, faults)
    if faults or not verdict.ok:
        raise typer.Exit(FOUND_BAD)


def _found(verdict: audit.Verdict, faults: list[Fault]) -> dict[str, Any]:
    found = {"ok": verdict.ok and not faults, "rows": verdict.rows, "head": verdict.head}
    bad = {} if verdict.ok else {"bad_row": verdict.bad_seq, "reason": verdict.reason}
    books = {"faults": [asdict(fault) for fault in faults[:FAULTS]]} if faults else {}
    return found | bad | books


def _tell(verdict: audit.Verdict, faults: list[Fault]) -> None:
    if verdict.ok:
        say("command.verify.holds", rows=verdict.rows, head=f"{verdict.rows}:{verdict.head}")
    else:
        say("command.verify.broken", row=verdict.bad_seq, reason=t(f"chain.{verdict.reason}"))
    for fault in faults[:FAULTS]:
        say("command.verify.books_broken", thing=fault.thing, reason=t(f"chain.{fault.reason}"))
    if not faults:
        say("command.verify.books_hold")
    elif len(faults) > FAULTS:
        say("command.verify.books_more")


def publish_head() -> None:
    open_database()
    with audit.transaction() as session:
        head = audit.publish_head(session)
        out.print(f"{head.day_on} {head.seq}:{head.hash}", markup=False)


def _claimed(head: str) -> tuple[int, str] | None:
    if not head:
        return None
    seq, _, digest = head.partition(":")
    if not seq.isdigit() or len(digest) != len(audit.GENESIS):
        raise typer.BadParameter(t("command.verify.head_form"))
    return int(seq), digest


def _compare(session: Session, verdict: audit.Verdict, claimed: tuple[int, str] | None) -> audit.Verdict:
    """Whether the chain still runs through the heads published earlier and the one given."""
    published = session.exec(select(PublishedHead).order_by(col(PublishedHead.seq))).all()
    for seq, digest in [(head.seq, head.hash) for head in published] + ([claimed] if claimed else []):
        if not audit.holds_head(session, seq, digest):
            return audit.Verdict(verdict.rows, verdict.head, seq, "not_as_published")
    return verdict
