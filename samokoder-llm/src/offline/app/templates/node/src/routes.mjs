// What the app answers at which address.

import { app, entities, entityNamed } from "./entities.mjs";
import { HttpError, json, route } from "./http.mjs";
import { messages } from "./messages.mjs";
import { selectRecords } from "./query.mjs";
import { completeValues, givenValues } from "./validate.mjs";

export function createRoutes(store) {
  return [
    route("/healthz", { GET: () => json(200, { status: "ok" }) }),
    route("/api", { GET: () => json(200, { ...app, entities: entities.map(describe) }) }),
    ...entities.flatMap((entity) => recordRoutes(entity, store)),
  ];
}

function recordRoutes(entity, store) {
  const address = addressOf(entity);
  return [
    route(address, {
      GET({ query }) {
        const { records, total } = selectRecords(entity, query, store);
        return json(200, records, { "X-Total-Count": String(total) });
      },
      POST({ body }) {
        const record = store.insert(entity.path, completeValues(entity, body, store));
        return json(201, record, { Location: `${address}/${record.id}` });
      },
    }),
    route(`${address}/:id`, {
      GET({ parameters }) {
        return json(200, findRecord(entity, parameters.id, store));
      },
      PUT({ parameters, body }) {
        const { id } = findRecord(entity, parameters.id, store);
        return json(200, store.replace(entity.path, id, completeValues(entity, body, store, id)));
      },
      PATCH({ parameters, body }) {
        const { id, ...values } = findRecord(entity, parameters.id, store);
        const changes = givenValues(entity, body, store, id);
        return json(200, store.replace(entity.path, id, { ...values, ...changes }));
      },
      DELETE({ parameters }) {
        const { id } = findRecord(entity, parameters.id, store);
        refuseIfReferred(entity, id, store);
        store.remove(entity.path, id);
        return { status: 204 };
      },
    }),
  ];
}

function addressOf(entity) {
  return `/api/${entity.path}`;
}

function findRecord(entity, id, store) {
  const record = /^[1-9]\d{0,15}$/.test(id) ? store.find(entity.path, Number(id)) : undefined;
  if (!record) throw new HttpError(404, messages.noRecord(entity.label, id));
  return record;
}

/** A record that others refer to stays, or they would point to nothing. */
function refuseIfReferred(entity, id, store) {
  const users = entities
    .map((other) => [other.labelPlural, countReferences(other, entity, id, store)])
    .filter(([, count]) => count > 0)
    .map(([label, count]) => `${label} (${count})`);
  if (users.length > 0) throw new HttpError(409, messages.inUse(users.join(", ")));
}

function countReferences(other, entity, id, store) {
  const names = Object.keys(other.fields).filter((name) => other.fields[name].target === entity.name);
  const isItself = (record) => other === entity && record.id === id;
  return store
    .all(other.path)
    .filter((record) => !isItself(record) && names.some((name) => record[name] === id)).length;
}

/** An entity as `GET /api` tells clients about it. */
function describe(entity) {
  return {
    name: entity.name,
    path: addressOf(entity),
    label: entity.label,
    label_plural: entity.labelPlural,
    display: entity.display,
    fields: Object.entries(entity.fields).map(([name, field]) => ({
      name,
      label: field.label,
      type: field.type,
      required: Boolean(field.required),
      ...(field.values && { values: field.values }),
      ...(field.target && { relation: addressOf(entityNamed(field.target)) }),
    })),
  };
}
