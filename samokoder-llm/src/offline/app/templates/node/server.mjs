// Starts the app. HOST, PORT and DATA_DIR change where it listens and where it keeps its records.

import { createApp } from "./src/app.mjs";

const host = process.env.HOST || "127.0.0.1";
const port = Number(process.env.PORT || 3000);
const dataFolder = process.env.DATA_DIR || "data";

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (!Number.isInteger(port) || port < 0 || port > 65535) {
  fail(`PORT must be a number from 0 to 65535, not "${process.env.PORT}".`);
}

let server;
try {
  server = createApp({ dataFolder });
} catch (error) {
  fail(error.message);
}

server.on("error", (error) => {
  fail(error.code === "EADDRINUSE" ? `Port ${port} is taken: choose another with PORT.` : error.message);
});

server.listen(port, host, () => {
  const shownHost = host.includes(":") ? `[${host}]` : host;
  console.log(`Listening on http://${shownHost}:${server.address().port}`);
});

function stop() {
  // Requests under way may finish; connections that only wait for the next request are closed.
  server.close(() => process.exit(0));
  server.closeIdleConnections?.();
  setTimeout(() => process.exit(0), 2000).unref();
}

process.on("SIGINT", stop);
process.on("SIGTERM", stop);
