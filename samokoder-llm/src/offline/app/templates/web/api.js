// Talks to the server.

import { texts } from "./texts.js";

/** An answer that says no: `fields` has a message for each field that is wrong. */
export class ApiError extends Error {
  constructor(status, { message, fields = {} }) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

async function send(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError(0, { message: texts.offline });
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.error ?? { message: texts.failed });
  return { response, answer };
}

/** The app's description, with entities that know each other by path. */
export async function loadDescription() {
  const { answer } = await send("GET", "/api");
  for (const entity of answer.entities) {
    entity.slug = entity.path.replace("/api/", "");
    entity.field = (name) => entity.fields.find((field) => field.name === name);
    for (const field of entity.fields) {
      if (field.relation) field.target = answer.entities.find(({ path }) => path === field.relation);
    }
  }
  return answer;
}

/** Records by query parameters, and how many there are on all pages. */
export async function listRecords(entity, parameters = {}) {
  const { response, answer } = await send("GET", `${entity.path}?${new URLSearchParams(parameters)}`);
  return { records: answer, total: Number(response.headers.get("X-Total-Count")) };
}

export async function getRecord(entity, id) {
  return (await send("GET", `${entity.path}/${encodeURIComponent(id)}`)).answer;
}

export async function saveRecord(entity, id, values) {
  const [method, path] = id === undefined ? ["POST", entity.path] : ["PUT", `${entity.path}/${id}`];
  return (await send(method, path, values)).answer;
}

export async function deleteRecord(entity, id) {
  await send("DELETE", `${entity.path}/${id}`);
}

// Records can refer to each other in a circle; a name ends somewhere.
const MAX_DEPTH = 3;

/** The names of records by id: "Anna Berg" rather than member 3. */
export async function nameRecords(entity, records, depth = MAX_DEPTH) {
  const parts = entity.display.map(entity.field);
  const related = depth > 0 ? await nameRelated(parts, records, depth - 1) : new Map();
  const partOf = (record, field) => {
    const value = record[field.name];
    return field.target ? related.get(field.name)?.get(value) : value;
  };
  return new Map(records.map((record) => {
    const name = parts.map((field) => partOf(record, field)).filter((part) => part !== undefined && part !== null && part !== "");
    return [record.id, name.length > 0 ? name.join(" · ") : `${entity.label} ${record.id}`];
  }));
}

/** For each relation among `fields`, the names of the records that it points to. */
export async function nameRelated(fields, records, depth = MAX_DEPTH) {
  const relations = fields.filter((field) => field.target);
  const names = await Promise.all(relations.map(async ({ name, target }) => {
    const ids = [...new Set(records.map((record) => record[name]))].filter(Number.isInteger);
    if (ids.length === 0) return [name, new Map()];
    const related = await listRecords(target, ids.map((id) => ["id", id]));
    return [name, await nameRecords(target, related.records, depth)];
  }));
  return new Map(names);
}
