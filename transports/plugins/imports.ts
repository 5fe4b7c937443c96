/**
 * Checks each file at the moment when a plugin imports it, whether the plugin writes the path out,
 * computes it, or calls `require`. Code that a plugin starts by other means (a worker, `eval`, a
 * process) is not checked.
 */
import { distrust } from "./trust.ts";

/** The URLs of the plugins, and of all that they have imported. */
const loaded = new Set<string>();
let hooking: Promise<void> | undefined;

/** Imports the plugin at a `file:` URL. Its imports reject when another user could change them. */
export async function importChecked(url: string): Promise<{ readonly default?: unknown }> {
  await (hooking ??= hook());
  loaded.add(url);
  return await import(url);
}

async function hook(): Promise<void> {
  const { registerHooks } = await import("node:module");
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (context.parentURL === undefined || !loaded.has(context.parentURL)) return resolved;
      refuse(resolved.url);
      loaded.add(resolved.url);
      return resolved;
    },
  });
}

/** Throws if another user, or the network, could change the module. */
function refuse(address: string): void {
  const url = new URL(address);
  if (url.protocol === "http:") {
    throw new Error(`its import ${url.href} would come over unencrypted HTTP (use https)`);
  }
  if (url.protocol !== "file:") return;
  const path = decodeURIComponent(url.pathname);
  const refused = distrust(path, `its import ${path}`);
  if (refused !== undefined) throw new Error(`${refused.problem} (${refused.hint})`);
}
