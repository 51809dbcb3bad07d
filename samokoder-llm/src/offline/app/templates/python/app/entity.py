"""What an entity is: a kind of record that the app keeps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entity:
    name: str
    path: str
    label: str
    label_plural: str
    # The fields that name a record wherever another one refers to it.
    display: list
    fields: dict
