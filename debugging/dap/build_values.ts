/** The value of a build argument or a variable, for an editor's hover. */
import type { Frame } from "./program.ts";

/**
 * The value of `NAME`, `$NAME` or `${NAME}` at a frame: in the step's environment, else the build
 * argument, else the default in the Dockerfile. Throws an Error for a name that has none.
 */
export function buildValue(
  text: string,
  frame: Frame | undefined,
  buildArgs: Readonly<Record<string, string>>,
  dockerfile: string,
): string {
  const [, name] = /^\$?\{?([A-Za-z_]\w*)(?::?[-+?][^}]*)?\}?$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`not a variable: ${text}`);
  const pair = frame?.op.exec?.meta?.env.findLast((pair) => pair.startsWith(`${name}=`));
  if (pair !== undefined) return pair.slice(name.length + 1);
  if (Object.hasOwn(buildArgs, name)) return buildArgs[name]!;
  const lines = dockerfile.split("\n").map((line) => /^\s*(?:ARG|ENV)\s+(.*)$/i.exec(line)?.[1]);
  for (const line of lines.reverse()) {
    const [, value] = new RegExp(`(?:^|\\s)${name}=("[^"]*"|'[^']*'|\\S*)`).exec(line ?? "") ?? [];
    if (value !== undefined) return value.replace(/^(["'])(.*)\1$/, "$2");
  }
  throw new Error(`${name} has no value here`);
}
