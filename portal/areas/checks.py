"""How areas must fit together: one root, levels that go down, children inside parents, neighbours apart."""

from collections import Counter
from collections.abc import Mapping

from shapely import STRtree

from portal import limits
from portal.areas.features import Node, Reason, refuse
from portal.errors import Refused


def fitted(stored: Mapping[str, Node], features: list[Node]) -> tuple[dict[str, Node], dict[str, str]]:
    """The areas as they will be after the features of a file are laid over the stored ones, and the path of each.

    Raises Refused `area_import` or `area_file` where they do not fit together.
    """
    nodes = overlay(stored, features)
    check_tree(nodes)
    places = paths(nodes)
    check_outlines(nodes)
    return nodes, places


def overlay(stored: Mapping[str, Node], features: list[Node]) -> dict[str, Node]:
    """The stored areas with those of the file laid over them, by code. Raises Refused for a code given twice."""
    twice = Counter(node.code for node in features)
    for node in features:
        if twice[node.code] > 1:
            first = next(other.number for other in features if other.code == node.code)
            if node.number != first:
                raise refuse(node.number, node.code, "area_code_twice", other=first)
    return {**stored, **{node.code: node for node in features}}


def check_tree(nodes: Mapping[str, Node]) -> None:
    """One root, known parents, every child of a lower level than its parent (so no circle). Raises Refused."""
    for node in nodes.values():
        parent = nodes.get(node.parent)
        if node.parent and parent is None:
            raise refuse(node.number, node.code, "area_no_parent", parent=node.parent)
        if parent is not None and parent.depth >= node.depth:
            raise refuse(*blamed(node, parent), "area_level", child=node.code, parent=node.parent)
    roots = [node for node in nodes.values() if not node.parent]
    if not roots:
        raise Refused("area_file", reason=Reason("area_no_root"))
    if len(roots) > 1:
        last = max(roots, key=lambda node: node.number or 0)
        raise refuse(last.number, last.code, "area_second_root", other=next(n.code for n in roots if n is not last))
    if roots[0].outline is None:
        raise refuse(roots[0].number, roots[0].code, "area_root_outline")


def paths(nodes: Mapping[str, Node]) -> dict[str, str]:
    """The path of each code: `/530181/jinfang/houshan/03/`. Raises Refused where two areas get the same one.

    A child's code that starts with its parent's (`houshan-03` in `houshan`) goes into the path without it.
    """
    made: dict[str, str] = {}
    owners: dict[str, Node] = {}
    for node in sorted(nodes.values(), key=lambda node: node.depth):  # parents first
        made[node.code] = f"{made.get(node.parent, '/')}{node.code.removeprefix(node.parent + '-')}/"
        other = owners.setdefault(made[node.code], node)
        if other is not node:
            raise refuse(*blamed(node, other), "area_same_path", other=other.code, path=made[node.code])
    return made


def check_outlines(nodes: Mapping[str, Node]) -> None:
    """Children inside their parents and siblings apart, but for the tolerance. Raises Refused."""
    siblings: dict[str, list[Node]] = {}
    for node in nodes.values():
        parent = nodes.get(node.parent)
        if node.outline is None:
            continue
        siblings.setdefault(node.parent, []).append(node)
        if parent is not None and parent.outline is not None and _touched(node, parent):
            outside = node.outline.difference(parent.outline).area / node.outline.area
            if outside > limits.AREA_OVERLAP_SHARE:
                raise refuse(
                    *blamed(node, parent),
                    "area_outside",
                    child=node.code,
                    parent=parent.code,
                    percent=round(outside * 100, 1),
                )
    for family in siblings.values():
        _check_apart(family)


def _check_apart(family: list[Node]) -> None:
    outlines = [node.outline for node in family]
    lefts, rights = STRtree(outlines).query(outlines, predicate="intersects")
    for i, j in sorted(zip(lefts.tolist(), rights.tolist(), strict=True)):
        one, two = family[i], family[j]
        if i >= j or one.outline is None or two.outline is None or not _touched(one, two):
            continue
        shared = one.outline.intersection(two.outline).area / min(one.outline.area, two.outline.area)
        if shared > limits.AREA_OVERLAP_SHARE:
            culprit = max(one, two, key=lambda node: node.number or 0)
            other = two if culprit is one else one
            raise refuse(culprit.number, culprit.code, "area_overlap", other=other.code, percent=round(shared * 100, 1))


def _touched(one: Node, two: Node) -> bool:
    return one.number is not None or two.number is not None


def blamed(node: Node, other: Node) -> tuple[int | None, str]:
    """Number and code of the one that stands in the file; the first where both do."""
    culprit = node if node.number is not None else other
    return culprit.number, culprit.code
