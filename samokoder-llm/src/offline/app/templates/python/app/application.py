"""Puts the parts together: the store, the routes and the HTTP server around them."""

from pathlib import Path

from app.entities import ENTITIES
from app.routes import create_routes
from app.static import static_file
from app.store import Store
from app.web import AppServer

PUBLIC_FOLDER = Path(__file__).resolve().parent.parent / "public"


def create_server(data_folder, host, port):
    store = Store(Path(data_folder), [entity.path for entity in ENTITIES])
    return AppServer(host, port, create_routes(store), lambda path: static_file(PUBLIC_FOLDER, path), store.lock)
