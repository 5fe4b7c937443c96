/** Functions of paths, names of targets, URLs and base64. */
import { folderOf } from "../../../base/paths.ts";
import { ArgumentError, type Func, FunctionError } from "../function.ts";
import { typeName } from "../values/type.ts";
import { stringOf, type Value } from "../values/value.ts";
import { define, type Functions, textIn } from "./define.ts";

function change(params: string, map: (text: string) => string): Func {
  return define(params, ([text]) => stringOf(map(textIn(text))));
}

function basename(path: string): string {
  if (path === "") return ".";
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end) || "/";
}

function urlencode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /%20|[!'()*]/g,
    (c) => c === "%20" ? "+" : `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Decodes base64 with padding. Throws a {@link FunctionError}. */
export function decodeBase64(text: string, failure: string): Uint8Array<ArrayBuffer> {
  const lines = text.replace(/[\r\n]/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(lines) || lines.length % 4 !== 0) {
    throw new FunctionError(failure);
  }
  return Uint8Array.from(atob(lines), (character) => character.charCodeAt(0));
}

function base64decode(text: string): string {
  const bytes = decodeBase64(text, `failed to decode base64 data '${text}'`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FunctionError(
      "the result of decoding the the provided string is not valid UTF-8",
    );
  }
}

function base64encode(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export const functions: Functions = {
  basename: change("path:string", basename),
  dirname: change("path:string", folderOf),
  sanitize: change("name:string", (name) => name.replace(/[^a-zA-Z0-9_-]/gu, "_")),
  homedir: { params: [], call: (_, { world }) => stringOf(world.home()) },
  urlencode: change("str:string", urlencode),
  base64encode: change("str:string", base64encode),
  base64decode: change("str:string", base64decode),
  // No expression makes a value of bytes, so every argument is of a wrong type.
  byteslen: define("buf:any", ([buf]) => notBytes(buf)),
  bytesslice: define("buf:any offset:number length:number", ([buf]) => notBytes(buf)),
};

function notBytes(value: Value): never {
  throw new ArgumentError(0, `bytes required, but have ${typeName(value.type)}`);
}
