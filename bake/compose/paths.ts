/** Paths in a model, which are relative to the folder of the project. */
import { cleanPath } from "../../base/paths.ts";
import { lookUp, type Path } from "./path.ts";
import { type Value, withParts } from "./value.ts";

/** The base of relative paths: a folder, empty for the working folder, and the home for `~`. */
interface Base {
  readonly folder: string;
  readonly home: string | undefined;
}

/** The model with its paths resolved against `base`. */
export function resolvePaths(value: Value, base: Base, path: Path = []): Value {
  const resolve = lookUp(resolvers, path);
  if (resolve !== undefined) return typeof value === "string" ? resolve(value, base) : value;
  return withParts(value, path, (part, path) => resolvePaths(part, base, path));
}

const resolvers: Readonly<Record<string, (text: string, base: Base) => string>> = {
  "services.*.build.context": contextPath,
  "services.*.build.additional_contexts.*": contextPath,
  "services.*.build.ssh.*": (text, base) => text === "" ? base.folder || "." : file(text, base),
  "services.*.env_file.*.path": file,
  "services.*.extends.file": file,
  "secrets.*.file": (text, base) => text === "" ? base.folder || "." : file(text, base),
};

function contextPath(text: string, base: Base): string {
  const remote = /^(?:service:|git@|github\.com\/)/.test(text) || text.includes("://");
  return remote ? text : file(text, base);
}

function file(text: string, { folder, home }: Base): string {
  const path = text.startsWith("~") && home ? join(home, text.slice(1)) : text;
  return path === "" || path.startsWith("/") ? path : join(folder, path);
}

/** Joins two paths. The result of two empty paths is empty. */
export function join(folder: string, path: string): string {
  if (folder === "" && path === "") return "";
  return cleanPath(folder === "" ? path : `${folder}/${path}`);
}
