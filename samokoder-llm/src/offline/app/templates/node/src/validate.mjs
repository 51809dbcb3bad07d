// Turns what a client sent into the values of a record, or says field by field what is wrong with it.

import { entityNamed } from "./entities.mjs";
import { ValueError } from "./fields.mjs";
import { HttpError } from "./http.mjs";
import { messages } from "./messages.mjs";

/** All values of a record from `body`: what it doesn't give is empty. */
export function completeValues(entity, body, store, id) {
  return readValues(entity, Object.keys(entity.fields), body, store, id);
}

/** The values that `body` gives, and no others. */
export function givenValues(entity, body, store, id) {
  const names = Object.keys(entity.fields).filter((name) => Object.hasOwn(body, name));
  return readValues(entity, names, body, store, id);
}

function readValues(entity, names, body, store, id) {
  const problems = new Map(unknownFields(entity, body, id));
  const values = {};
  for (const name of names) {
    try {
      // A field may be named like something that every object has, such as "constructor".
      const value = Object.hasOwn(body, name) ? body[name] : undefined;
      values[name] = readValue(entity.fields[name], value, store);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      problems.set(name, error.message);
    }
  }
  if (problems.size > 0) throw new HttpError(400, messages.invalid, { fields: Object.fromEntries(problems) });
  return values;
}

function unknownFields(entity, body, id) {
  return Object.keys(body)
    .filter((name) => !Object.hasOwn(entity.fields, name))
    // A client may send a record back as it got it.
    .filter((name) => !(name === "id" && id !== undefined && body.id === id))
    .map((name) => [name, name === "id" ? messages.idIsGiven : messages.unknownField]);
}

function readValue(field, value, store) {
  if (isEmpty(value)) {
    if (field.required) throw new ValueError(messages.required);
    return field.empty ?? null;
  }
  const checked = field.check(value);
  if (field.type === "relation") {
    const target = entityNamed(field.target);
    if (!store.find(target.path, checked)) throw new ValueError(messages.noRecord(target.label, checked));
  }
  return checked;
}

function isEmpty(value) {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}
