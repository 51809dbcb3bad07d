// Keeps the records: in memory for reading, and in one JSON file per collection beneath the data folder.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Collections of records by name. Ids count from 1 and are never given out twice. */
export class Store {
  #collections = new Map();

  constructor(folder, names) {
    mkdirSync(folder, { recursive: true });
    for (const name of names) this.#collections.set(name, new Collection(folder, name));
  }

  all(name) {
    return [...this.#collections.get(name).records.values()];
  }

  find(name, id) {
    return this.#collections.get(name).records.get(id);
  }

  insert(name, values) {
    const collection = this.#collections.get(name);
    const record = { id: collection.nextId, ...values };
    collection.save(collection.nextId + 1, new Map(collection.records).set(record.id, record));
    return record;
  }

  replace(name, id, values) {
    const collection = this.#collections.get(name);
    const record = { id, ...values };
    collection.save(collection.nextId, new Map(collection.records).set(id, record));
    return record;
  }

  remove(name, id) {
    const collection = this.#collections.get(name);
    const records = new Map(collection.records);
    records.delete(id);
    collection.save(collection.nextId, records);
  }
}

class Collection {
  constructor(folder, name) {
    this.folder = folder;
    this.file = join(folder, `${name}.json`);
    const { nextId, records } = load(this.file);
    this.nextId = nextId;
    this.records = new Map(records.map((record) => [record.id, record]));
  }

  // Synchronous on purpose: a change is on disk before its request is answered, two changes cannot
  // interleave, and memory follows the disk only once the write has succeeded.
  save(nextId, records) {
    writeAtomically(this.folder, this.file, JSON.stringify({ nextId, records: [...records.values()] }, null, 2));
    this.nextId = nextId;
    this.records = records;
  }
}

function load(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return { nextId: 1, records: [] };
    throw error;
  }
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw damaged(file);
  }
  if (!isCollection(data)) throw damaged(file);
  return data;
}

function isCollection(data) {
  const isId = (value) => Number.isSafeInteger(value) && value > 0;
  if (!isId(data?.nextId) || !Array.isArray(data.records)) return false;
  const ids = new Set(data.records.map((record) => record?.id));
  return ids.size === data.records.length && [...ids].every((id) => isId(id) && id < data.nextId);
}

function damaged(file) {
  return new Error(`${file} is damaged. It was left as it is: restore it from a backup, or move it away to start empty.`);
}

/** Replaces a file so that a crash leaves either the old content or the new, never a part of it. */
function writeAtomically(folder, file, text) {
  const temporary = `${file}.tmp`;
  const descriptor = openSync(temporary, "w");
  try {
    for (let rest = Buffer.from(text); rest.length > 0; ) {
      rest = rest.subarray(writeSync(descriptor, rest));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
  syncFolder(folder);
}

function syncFolder(folder) {
  // Windows cannot sync a folder, and needs no sync for the rename to last.
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
