"""Starts the app for each test, on a free port and with a data folder of its own, and talks to it."""

import http.client
import json
import shutil
import tempfile
import threading
import unittest
from pathlib import Path

from app.application import create_server


class AppTest(unittest.TestCase):
    """A test that has the app running."""

    def setUp(self):
        self.data_folder = Path(tempfile.mkdtemp(prefix="app-test-"))
        self.addCleanup(shutil.rmtree, self.data_folder)
        self.server = None
        self.addCleanup(self.stop)
        self.start()

    def start(self):
        self.server = create_server(self.data_folder, "127.0.0.1", 0)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self):
        if self.server:
            self.server.stop()
            self.thread.join()
            self.server = None

    def restart(self):
        self.stop()
        self.start()

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.send("GET", path, headers=headers)

    def post(self, path, body):
        return self.send("POST", path, json.dumps(body))

    def put(self, path, body):
        return self.send("PUT", path, json.dumps(body))

    def patch(self, path, body):
        return self.send("PATCH", path, json.dumps(body))

    def delete(self, path):
        return self.send("DELETE", path)

    def create(self, path, body):
        """Creates a record and returns it."""
        reply = self.post(path, body)
        self.assertEqual(reply.status, 201, reply.text)
        return reply.json

    def ids(self, path):
        """The ids of the records in a list."""
        return [record["id"] for record in self.get(path).json]

    def assert_error(self, reply, status):
        self.assertEqual(reply.status, status, reply.text)
        self.assertTrue(reply.json["error"]["message"])


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.text = body.decode()

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def refused(self):
        """The names of the fields that were refused."""
        return list(self.json["error"].get("fields", {}))
