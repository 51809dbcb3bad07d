"""The name of a record, as people know it: "Anna Berg" rather than member 3."""

from app.entities import entity_named

# Records can refer to each other in a circle; a name ends somewhere.
MAX_DEPTH = 3


def display_name(entity, record, store, depth=MAX_DEPTH):
    parts = [part_of_name(entity.fields[name], record.get(name), store, depth) for name in entity.display]
    return " · ".join(part for part in parts if part) or f"{entity.label} {record['id']}"


def part_of_name(field, value, store, depth):
    if value is None:
        return ""
    if field.type != "relation":
        return str(value)
    return related_name(field, value, store, depth - 1) if depth > 0 else ""


def related_name(field, record_id, store, depth=MAX_DEPTH):
    """The name of the record that a relation field points to."""
    target = entity_named(field.target)
    record = store.find(target.path, record_id)
    return display_name(target, record, store, depth) if record else ""
