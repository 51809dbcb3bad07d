"""What the app answers at which address."""

import re

from app import messages
from app.answers import Answer, HttpError, json_answer
from app.entities import DESCRIPTION, ENTITIES, NAME, entity_named
from app.query import select_records
from app.validate import complete_values, given_values
from app.web import Route


def create_routes(store):
    routes = [Route("/healthz", {"GET": health}), Route("/api", {"GET": describe_app})]
    for entity in ENTITIES:
        records = Records(entity, store)
        routes.append(Route(address_of(entity), {"GET": records.list, "POST": records.create}))
        routes.append(
            Route(
                f"{address_of(entity)}/:id",
                {"GET": records.read, "PUT": records.replace, "PATCH": records.change, "DELETE": records.delete},
            )
        )
    return routes


def health(query):
    return json_answer(200, {"status": "ok"})


def describe_app(query):
    description = {"name": NAME, "description": DESCRIPTION, "entities": [describe(entity) for entity in ENTITIES]}
    return json_answer(200, description)


class Records:
    """The routes of one entity. A change holds the store's lock from its first check on."""

    def __init__(self, entity, store):
        self.entity = entity
        self.store = store

    def list(self, query):
        records, total = select_records(self.entity, query, self.store)
        return json_answer(200, records, {"X-Total-Count": str(total)})

    def create(self, body):
        with self.store.lock:
            record = self.store.insert(self.entity.path, complete_values(self.entity, body, self.store))
        return json_answer(201, record, {"Location": f"{address_of(self.entity)}/{record['id']}"})

    def read(self, id, query):
        return json_answer(200, self.find(id))

    def replace(self, id, body):
        with self.store.lock:
            record_id = self.find(id)["id"]
            values = complete_values(self.entity, body, self.store, record_id)
            return json_answer(200, self.store.replace(self.entity.path, record_id, values))

    def change(self, id, body):
        with self.store.lock:
            record = self.find(id)
            changes = given_values(self.entity, body, self.store, record["id"])
            return json_answer(200, self.store.replace(self.entity.path, record["id"], {**record, **changes}))

    def delete(self, id):
        with self.store.lock:
            record_id = self.find(id)["id"]
            refuse_if_referred(self.entity, record_id, self.store)
            self.store.remove(self.entity.path, record_id)
        return Answer(204)

    def find(self, id):
        record = self.store.find(self.entity.path, int(id)) if re.fullmatch("[1-9][0-9]{0,15}", id) else None
        if record is None:
            raise HttpError(404, messages.no_record(self.entity.label, id))
        return record


def address_of(entity):
    return f"/api/{entity.path}"


def refuse_if_referred(entity, record_id, store):
    """A record that others refer to stays, or they would point to nothing."""
    counts = [(other.label_plural, count_references(other, entity, record_id, store)) for other in ENTITIES]
    users = ", ".join(f"{label} ({count})" for label, count in counts if count > 0)
    if users:
        raise HttpError(409, messages.in_use(users))


def count_references(other, entity, record_id, store):
    names = [name for name, field in other.fields.items() if field.target == entity.name]
    return sum(
        1
        for record in store.all(other.path)
        if not (other is entity and record["id"] == record_id)
        and any(record.get(name) == record_id for name in names)
    )


def describe(entity):
    """An entity as `GET /api` tells clients about it."""
    return {
        "name": entity.name,
        "path": address_of(entity),
        "label": entity.label,
        "label_plural": entity.label_plural,
        "display": entity.display,
        "fields": [describe_field(name, field) for name, field in entity.fields.items()],
    }


def describe_field(name, field):
    description = {"name": name, "label": field.label, "type": field.type, "required": field.required}
    if field.values:
        description["values"] = list(field.values)
    if field.target:
        description["relation"] = address_of(entity_named(field.target))
    return description
