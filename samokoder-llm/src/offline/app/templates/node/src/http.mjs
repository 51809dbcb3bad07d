// HTTP without a framework: routes, JSON bodies, errors and the headers every answer carries.

import { messages } from "./messages.mjs";

const BODY_LIMIT = 1024 * 1024;
// What exceeds the limit is read and thrown away up to here, so that the client gets to see its 413.
const DISCARD_LIMIT = 16 * BODY_LIMIT;

const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export class HttpError extends Error {
  constructor(status, message, { fields, headers } = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
    this.headers = headers;
  }
}

/** An answer with a JSON body. */
export function json(status, value, headers = {}) {
  return {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", ...headers },
    body: JSON.stringify(value),
  };
}

/** A route: a pattern such as "/api/books/:id" and a handler for each method. */
export function route(pattern, handlers) {
  const source = pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)");
  return { expression: new RegExp(`^${source}$`), handlers };
}

/** Answers requests from `routes`; `otherwise` may answer a GET that no route matches. */
export function createHandler(routes, otherwise) {
  return async (request, response) => {
    let answer;
    try {
      answer = await dispatch(request, routes, otherwise);
    } catch (error) {
      answer = errorAnswer(error);
    }
    send(request, response, answer);
  };
}

async function dispatch(request, routes, otherwise) {
  const [path, query = ""] = request.url.split(/\?(.*)/s);
  refuseForeignWrites(request);
  const method = request.method === "HEAD" ? "GET" : request.method;
  for (const { expression, handlers } of routes) {
    const match = expression.exec(path);
    if (!match) continue;
    if (!Object.hasOwn(handlers, method)) throw methodNotAllowed(request.method, handlers);
    const body = ["POST", "PUT", "PATCH"].includes(method) ? await readJson(request) : undefined;
    return handlers[method]({ parameters: match.groups ?? {}, query: new URLSearchParams(query), body });
  }
  const answer = await otherwise(path);
  if (!answer) throw new HttpError(404, messages.noRoute);
  if (method !== "GET") throw methodNotAllowed(request.method, { GET: otherwise });
  return answer;
}

function methodNotAllowed(method, handlers) {
  const allowed = Object.keys(handlers).flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name]));
  return new HttpError(405, messages.methodNotAllowed(method), { headers: { Allow: allowed.join(", ") } });
}

/** Another site's page must not change records through the browser of someone who can reach this app. */
function refuseForeignWrites({ method, headers }) {
  if (method === "GET" || method === "HEAD") return;
  const site = headers["sec-fetch-site"];
  const foreign = site
    ? site !== "same-origin" && site !== "none"
    : headers.origin !== undefined && headers.origin.replace(/^https?:\/\//, "") !== headers.host;
  if (foreign) throw new HttpError(403, messages.foreignOrigin);
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
    if (size > DISCARD_LIMIT) break;
  }
  if (size > BODY_LIMIT) {
    throw new HttpError(413, messages.bodyTooLarge, { headers: { Connection: "close" } });
  }
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new HttpError(400, messages.badJson);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new HttpError(400, messages.notAnObject);
  }
  return value;
}

function errorAnswer(error) {
  if (error instanceof HttpError) {
    const { status, message, fields, headers } = error;
    return json(status, { error: { message, ...(fields && { fields }) } }, headers);
  }
  console.error(error);
  return json(500, { error: { message: messages.internal } });
}

function send(request, response, { status, headers = {}, body = "" }) {
  const bytes = Buffer.from(body);
  const length = status === 204 ? {} : { "Content-Length": bytes.length };
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers, ...length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}
