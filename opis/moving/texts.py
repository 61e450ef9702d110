"""What a person reads on a terminal about a move, in Romanian."""

from opis.moving.plan import PARTS, MovePlan
from opis.moving.values import Moved
from pipeline.domain.messages import counted, grouped, say


def moved_text(plan: MovePlan, moved: Moved) -> str:
    """A line a part, what differs, and what to do now."""
    lines = [_part(plan, part, moved) for part in PARTS]
    if plan.home_changes:
        lines.append(say("moving.home_changed", home=plan.target.home, old=plan.source.home))
        if moved.waiting:
            lines.append(say("moving.waiting", number=grouped(moved.waiting), old=plan.source.home / "hot"))
    if plan.source.institution != plan.target.institution or plan.source.profiles != plan.target.profiles:
        lines.append(say("moving.other_institution"))
    lines += [say(f"moving.{each.code}", subject=each.subject) for each in moved.differences]
    if moved.different > len(moved.differences):
        lines.append(say("moving.more", number=grouped(moved.different - len(moved.differences))))
    lines.append(say("moving.done") if moved.verified else say("moving.differs"))
    return "\n".join(lines)


def _part(plan: MovePlan, part: str, moved: Moved) -> str:
    name, place = say(f"moving.{part}"), plan.places[part][1].shown
    if not plan.moves(part):
        return say("moving.stays", part=name, place=place)
    facts = {
        "objects": None if moved.objects is None else _objects(moved),
        "catalog": counted(sum(moved.rows.values()), "rânduri") if moved.rows else None,
        "index": None if moved.documents is None else counted(moved.documents, "documente"),
    }
    return say("moving.moved", part=name, place=place, facts=facts[part] or say("moving.not_come_to"))


def _objects(moved: Moved) -> str:
    assert moved.objects is not None
    return say(
        "moving.objects_facts", number=grouped(moved.objects), megabytes=grouped(round((moved.bytes or 0) / 1e6))
    )
