// Puts the parts together: the store, the routes and the HTTP server around them.

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { entities } from "./entities.mjs";
import { createHandler } from "./http.mjs";
import { createRoutes } from "./routes.mjs";
import { staticFile } from "./static.mjs";
import { Store } from "./store.mjs";

const PUBLIC_FOLDER = fileURLToPath(new URL("../public/", import.meta.url));

export function createApp({ dataFolder }) {
  const store = new Store(dataFolder, entities.map((entity) => entity.path));
  const otherwise = (path) => staticFile(PUBLIC_FOLDER, path);
  return createServer(createHandler(createRoutes(store), otherwise));
}
