/** Plugins that are wrong in one way each, and the result of a dial through them. */
import assert from "node:assert/strict";
import { connect } from "../../buildkit/connect.ts";
import { DialError } from "../../transports/errors.ts";
import { createPlugins } from "../../transports/external.ts";
import { createRegistry, type Registry } from "../../transports/registry.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context, filesClosed } from "../transports/contract_help.ts";
import { until } from "../harness/daemon.ts";
import { removeFolder } from "../harness/remove_folder.ts";

export const examples = new URL("../../examples/transports/", import.meta.url).pathname;

/** A folder for plugins, with a cache of its own. */
export interface Zoo extends AsyncDisposable {
  readonly folder: string;
  readonly registry: Registry;
  env(name: string): string | undefined;
  /** Writes a shell script as the plugin of a scheme; absent metadata is proper. */
  add(scheme: string, connect: string, metadata?: string): Promise<string>;
}

export async function makeZoo(more: Readonly<Record<string, string>> = {}): Promise<Zoo> {
  const closed = filesClosed();
  const folder = await Deno.makeTempDir({ prefix: "fl-zoo-" });
  await Deno.mkdir(`${folder}/plugins`, { mode: 0o755 });
  const variables: Readonly<Record<string, string>> = {
    FAIRLEAD_PLUGIN_PATH: `${folder}/plugins`,
    XDG_CACHE_HOME: `${folder}/cache`,
    XDG_DATA_HOME: `${folder}/data`,
    HOME: folder,
    PATH: "",
    ...more,
  };
  const env = (name: string) => variables[name];
  return {
    folder: `${folder}/plugins`,
    env,
    registry: createRegistry([], createPlugins(env)),
    async add(scheme, connect, metadata = echo(metadataOf(scheme))) {
      const path = `${folder}/plugins/fairlead-transport-${scheme}`;
      const script = `#!/bin/sh\nif [ "$1" = metadata ]; then\n${metadata}\nexit\nfi\n${connect}\n`;
      await Deno.writeTextFile(path, script);
      await Deno.chmod(path, 0o755);
      return path;
    },
    async [Symbol.asyncDispose]() {
      // A process that has ended is noticed a moment later.
      await closed();
      await removeFolder(folder);
    },
  };
}

export function metadataOf(scheme: string, more: object = {}): string {
  const protocol = { min: 1, max: 1 };
  return JSON.stringify({ protocol, name: scheme, version: "1.0", schemes: [scheme], ...more });
}

/** A line of shell that prints this. */
export function echo(text: string): string {
  return `printf '%s\\n' '${text.replaceAll("'", `'\\''`)}'`;
}

/** Connects, requests the daemon's version, and returns the error that this must end with. */
export async function failure(zoo: Zoo, url: string, timeoutMs = 10_000): Promise<DialError> {
  try {
    const client = await soon(
      connect({
        registry: zoo.registry,
        endpoint: url,
        tls: {},
        context: { ...context(), env: zoo.env },
        budget: { ms: timeoutMs },
      }),
      "the connection",
      15_000,
    );
    try {
      await soon(client.info(), "the answer", 10_000);
    } finally {
      await client.close();
    }
  } catch (error) {
    assert(error instanceof DialError, String(error));
    assert.match(error.message, /^cannot reach /);
    assert(error.hint !== undefined && !error.hint.endsWith("."), "a hint");
    return error;
  }
  assert.fail(`${url} was reached`);
}

/** The processes with this text in their command line. */
export function running(text: string): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
      if (line.includes(text)) found.push(`${name} ${line}`);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Waits until none of them runs. */
export async function noneRuns(text: string): Promise<void> {
  const isOver = await until(() => Promise.resolve(running(text).length === 0), 20_000);
  assert(isOver, `still running:\n${running(text).join("\n")}`);
}

/** A program that no other test has, nor this one in another process. */
export const nap = (seconds: number) => `sleep ${seconds}.${Deno.pid}`;
