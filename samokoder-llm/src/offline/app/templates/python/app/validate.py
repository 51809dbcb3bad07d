"""Turns what a client sent into the values of a record, or says field by field what is wrong with it."""

from app import messages
from app.answers import HttpError
from app.entities import entity_named
from app.fields import InvalidValue


def complete_values(entity, body, store, record_id=None):
    """All values of a record from `body`: what it doesn't give is empty."""
    return read_values(entity, list(entity.fields), body, store, record_id)


def given_values(entity, body, store, record_id):
    """The values that `body` gives, and no others."""
    return read_values(entity, [name for name in entity.fields if name in body], body, store, record_id)


def read_values(entity, names, body, store, record_id):
    problems = unknown_fields(entity, body, record_id)
    values = {}
    for name in names:
        try:
            values[name] = read_value(entity.fields[name], body.get(name), store)
        except InvalidValue as error:
            problems[name] = str(error)
    if problems:
        raise HttpError(400, messages.INVALID, fields=problems)
    return values


def unknown_fields(entity, body, record_id):
    unknown = [name for name in body if name not in entity.fields]
    # A client may send a record back as it got it.
    if record_id is not None and body.get("id") == record_id:
        unknown = [name for name in unknown if name != "id"]
    return {name: messages.ID_IS_GIVEN if name == "id" else messages.UNKNOWN_FIELD for name in unknown}


def read_value(field, value, store):
    if value is None or (isinstance(value, str) and not value.strip()):
        if field.required:
            raise InvalidValue(messages.REQUIRED)
        return field.empty
    checked = field.check(value)
    if field.type == "relation":
        target = entity_named(field.target)
        if store.find(target.path, checked) is None:
            raise InvalidValue(messages.no_record(target.label, checked))
    return checked
