// The files of the web page.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

// The folder is flat, and a name without a slash or a leading dot cannot leave it.
const FILE = /^\/([a-z][a-z0-9-]*\.([a-z]+))$/;

/** The file of the web page at a path, or nothing when there is none. */
export async function staticFile(folder, path) {
  const match = FILE.exec(path === "/" ? "/index.html" : path);
  const type = match && Object.hasOwn(TYPES, match[2]) && TYPES[match[2]];
  if (!type) return undefined;
  try {
    const body = await readFile(join(folder, match[1]));
    return { status: 200, headers: { "Content-Type": type, "Cache-Control": "no-cache" }, body };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
