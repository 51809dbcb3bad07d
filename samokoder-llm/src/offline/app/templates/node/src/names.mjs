// The name of a record, as people know it: "Anna Berg" rather than member 3.

import { entityNamed } from "./entities.mjs";

// Records can refer to each other in a circle; a name ends somewhere.
const MAX_DEPTH = 3;

export function displayName(entity, record, store, depth = MAX_DEPTH) {
  const parts = entity.display
    .map((name) => partOfName(entity.fields[name], record[name], store, depth))
    .filter((part) => part !== "");
  return parts.length > 0 ? parts.join(" · ") : `${entity.label} ${record.id}`;
}

function partOfName(field, value, store, depth) {
  if (value === null || value === undefined) return "";
  if (field.type !== "relation") return String(value);
  return depth > 0 ? relatedName(field, value, store, depth - 1) : "";
}

/** The name of the record that a relation field points to. */
export function relatedName(field, id, store, depth = MAX_DEPTH) {
  const target = entityNamed(field.target);
  const record = store.find(target.path, id);
  return record ? displayName(target, record, store, depth) : "";
}
