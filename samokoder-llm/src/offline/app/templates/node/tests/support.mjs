// Starts the app for one test, on a free port and with a data folder of its own, and talks to it.

import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createApp } from "../src/app.mjs";

/** Wraps a test that needs the app running. */
export function withApp(test) {
  return async () => {
    const app = new RunningApp();
    try {
      await app.start();
      await test(app);
    } finally {
      await app.stop();
      rmSync(app.dataFolder, { recursive: true, force: true });
    }
  };
}

class RunningApp {
  dataFolder = mkdtempSync(join(tmpdir(), "app-test-"));

  async start() {
    this.server = createApp({ dataFolder: this.dataFolder });
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  async stop() {
    if (this.server?.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  get(path, headers) {
    return this.send("GET", path, undefined, headers);
  }

  post(path, body) {
    return this.send("POST", path, JSON.stringify(body));
  }

  put(path, body) {
    return this.send("PUT", path, JSON.stringify(body));
  }

  patch(path, body) {
    return this.send("PATCH", path, JSON.stringify(body));
  }

  delete(path) {
    return this.send("DELETE", path);
  }

  /** Creates a record and returns it. */
  async create(path, body) {
    const answer = await this.post(path, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** The ids of the records in a list. */
  async ids(path) {
    const answer = await this.get(path);
    return answer.json.map((record) => record.id);
  }

  send(method, path, body, headers = {}) {
    const described = body !== undefined && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const options = {
      host: "127.0.0.1",
      port: this.server.address().port,
      method,
      path,
      headers: { ...described, ...headers },
      agent: false,
    };
    return new Promise((resolve, reject) => {
      request(options, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => resolve(new Answer(response, Buffer.concat(chunks).toString())));
      })
        .on("error", reject)
        .end(body);
    });
  }
}

class Answer {
  constructor({ statusCode, headers }, text) {
    this.status = statusCode;
    this.headers = headers;
    this.text = text;
  }

  get json() {
    return JSON.parse(this.text);
  }

  /** The names of the fields that were refused. */
  get refused() {
    return Object.keys(this.json.error.fields ?? {});
  }
}
