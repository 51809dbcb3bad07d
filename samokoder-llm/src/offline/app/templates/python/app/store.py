"""Keeps the records: in memory for reading, and in one JSON file per collection beneath the data folder."""

import json
import os
import threading

MAX_ID = 2**53 - 1


class DamagedFile(Exception):
    def __init__(self, file):
        super().__init__(
            f"{file} is damaged. It was left as it is: restore it from a backup, or move it away to start empty."
        )


class Store:
    """Collections of records by name. Ids count from 1 and are never given out twice.

    Whoever changes records holds `lock` from the first check to the change, or another request could come between.
    """

    def __init__(self, folder, names):
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._collections = {name: Collection(folder, name) for name in names}

    def all(self, name):
        return list(self._collections[name].records.values())

    def find(self, name, record_id):
        return self._collections[name].records.get(record_id)

    def insert(self, name, values):
        collection = self._collections[name]
        record = {"id": collection.next_id, **values}
        collection.save(record["id"] + 1, {**collection.records, record["id"]: record})
        return record

    def replace(self, name, record_id, values):
        collection = self._collections[name]
        record = {"id": record_id, **values}
        collection.save(collection.next_id, {**collection.records, record_id: record})
        return record

    def remove(self, name, record_id):
        collection = self._collections[name]
        left = {key: record for key, record in collection.records.items() if key != record_id}
        collection.save(collection.next_id, left)


class Collection:
    def __init__(self, folder, name):
        self.file = folder / f"{name}.json"
        data = load(self.file)
        self.next_id = data["nextId"]
        self.records = {record["id"]: record for record in data["records"]}

    def save(self, next_id, records):
        # Memory follows the disk only once the write has succeeded.
        data = {"nextId": next_id, "records": list(records.values())}
        write_atomically(self.file, json.dumps(data, ensure_ascii=False, indent=2))
        self.next_id = next_id
        self.records = records


def load(file):
    try:
        data = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {"nextId": 1, "records": []}
    except (ValueError, RecursionError):
        raise DamagedFile(file) from None
    if not is_collection(data):
        raise DamagedFile(file)
    return data


def is_collection(data):
    if not isinstance(data, dict) or not is_id(data.get("nextId")) or not isinstance(data.get("records"), list):
        return False
    ids = [record.get("id") if isinstance(record, dict) else None for record in data["records"]]
    return all(is_id(key) and key < data["nextId"] for key in ids) and len(set(ids)) == len(ids)


def is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID


def write_atomically(file, text):
    """Replaces a file so that a crash leaves either the old content or the new, never a part of it."""
    temporary = file.with_name(f"{file.name}.tmp")
    with open(temporary, "w", encoding="utf-8") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    os.replace(temporary, file)
    sync_folder(file.parent)


def sync_folder(folder):
    # Windows cannot sync a folder, and needs no sync for the rename to last.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
