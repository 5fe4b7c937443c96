/** A folder for one end-to-end test: a context, a store of its own, and the two programs on it. */
import { deepEqual } from "node:assert/strict";
import { builderFile } from "../commands/temp_store.ts";
import { denoDir, fairlead } from "../harness/fairlead.ts";
import { runFairlead } from "../harness/inside.ts";
import { type Ran, run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import type { Shared } from "../harness/shared.ts";
import { removeFolder } from "../harness/remove_folder.ts";

/** Both programs, for what they have in common. */
export const programs = ["fairlead", "buildx"] as const;

export interface Workspace extends AsyncDisposable {
  /** Absolute. */
  readonly dir: string;
  /** The environment of both programs. */
  readonly env: Record<string, string>;
  path(name: string): string;
  read(name: string): string;
  /** Writes files, folders too. A text that begins with `#!` becomes a program. */
  write(files: Readonly<Record<string, string>>): void;
  /** Runs fairlead in the folder. */
  fairlead(args: readonly string[], env?: Record<string, string>, stdin?: Stdin): Promise<Ran>;
  /**
   * Runs fairlead in the folder, in the test's process: half a second faster. What it does is the
   * same but for signals, child processes' environment and a process's own folder.
   */
  inside(args: readonly string[], env?: Record<string, string>): Promise<Ran>;
  /** Runs the peer in the folder, on the same builder. */
  buildx(args: readonly string[], env?: Record<string, string>, stdin?: Stdin): Promise<Ran>;
  /** The same two programs in a folder below. */
  below(folder: string): Pick<Workspace, "fairlead" | "buildx">;
}

/** Without it, stdin is empty. */
export type Stdin = string | Uint8Array;

/** @param address the daemon's; the builder `test` is it, in a store that both programs use */
export async function workspace(address: string): Promise<Workspace> {
  const dir = await Deno.makeTempDir({ prefix: "fairlead-build-" });
  const env = {
    BUILDX_CONFIG: `${dir}/.store`,
    DOCKER_CONFIG: `${dir}/.docker`,
    BUILDX_BUILDER: "test",
    HOME: dir,
    DENO_DIR: denoDir,
    NO_COLOR: "1",
    DOCKER_HOST: "unix:///no/docker.sock",
  };
  Deno.mkdirSync(`${dir}/.store/instances`, { recursive: true });
  Deno.mkdirSync(`${dir}/.docker`);
  Deno.writeTextFileSync(`${dir}/.store/instances/test`, builderFile("test", address));
  return {
    dir,
    env,
    path: (name) => `${dir}/${name}`,
    read: (name) => Deno.readTextFileSync(`${dir}/${name}`),
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        Deno.mkdirSync(`${dir}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
        const mode = text.startsWith("#!") ? 0o755 : 0o644;
        Deno.writeTextFileSync(`${dir}/${name}`, text, { mode });
      }
    },
    inside: (args, more = {}) =>
      runFairlead({ args, host: "", home: dir, env: { ...env, ...more } }),
    ...programsIn(dir, env),
    below: (folder) => programsIn(`${dir}/${folder}`, env),
    async [Symbol.asyncDispose]() {
      await removeFolder(dir);
    },
  };
}

/**
 * A workspace whose store has no builder, for tests that make builders.
 * @param env additional variables of both programs
 */
export async function workspaceWithoutBuilder(env: Record<string, string>): Promise<Workspace> {
  const space = await workspace("unix:///no/buildkitd");
  Object.assign(space.env, { BUILDX_BUILDER: "", ...env });
  Deno.removeSync(space.path(".store/instances/test"));
  return space;
}

/** Writes the folder `ctx`: a Dockerfile whose step prints "it ran as 42", and what it needs. */
export async function writeRunningContext({ write, path }: Workspace): Promise<void> {
  write({ "ctx/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n" });
  Deno.copyFileSync(await need("busybox"), path("ctx/sh"));
}

/** Does the same with both programs. Fails unless the results are equal, and gives fairlead's. */
export async function alike<T>(
  act: (program: typeof programs[number]) => Promise<T>,
  about = "fairlead's, and buildx's",
): Promise<T> {
  const ours = await act("fairlead");
  deepEqual(ours, await act("buildx"), about);
  return ours;
}

/** A test that works in a folder of its own. */
export type InWorkspace = (space: Workspace) => Promise<void>;

/** The function of such a test, for `Deno.test`. */
export function inWorkspace(daemon: Shared, run: InWorkspace): () => Promise<void> {
  return async () => {
    await using space = await workspace(daemon.address);
    await run(space);
  };
}

function programsIn(
  cwd: string,
  env: Record<string, string>,
): Pick<Workspace, "fairlead" | "buildx"> {
  const options = (more: Record<string, string>, stdin: Stdin | undefined) => ({
    cwd,
    env: { ...env, ...more },
    ...stdin !== undefined && { stdin },
  });
  return {
    fairlead: (args, more = {}, stdin) => fairlead(args, options(more, stdin)),
    buildx: async (args, more = {}, stdin) =>
      await run(await need("buildx"), args, options(more, stdin)),
  };
}
