/**
 * The cases that an executable plugin's process must pass: each runs it without fairlead around it.
 */
import { maybe } from "../../../base/maybe.ts";
import { shellWord } from "../../../base/shell_word.ts";
import { DialError } from "../../../transports/errors.ts";
import { dialExecutable } from "../../../transports/plugins/executable.ts";
import { type Beginning, readHandshake } from "../../../transports/plugins/handshake.ts";
import { MetadataError, parseMetadata } from "../../../transports/plugins/metadata.ts";
import { ofWebPair } from "../../../transports/net/web_pair.ts";
import { askDaemon } from "./ask.ts";
import { PREFACE } from "./connection_cases.ts";
import { groupsGone } from "./processes.ts";
import { expect, soon } from "../../../transports/contract/expect.ts";
import type { Case, Kit } from "./subject.ts";

/** A version of the protocol that no plugin supports. */
const NONE = 99;

/** The cases by name. */
export const pluginCases: Readonly<Record<string, Case>> = {
  "metadata: shape, size and time": async (kit) => {
    const { schemes, name, version } = await kit.metadata();
    expect(schemes.includes(kit.file!.scheme), `its schemes don't include ${kit.file!.scheme}`);
    return `${name} ${version}`.trim();
  },

  "an unsupported version": async (kit) => {
    const metadata = { ...await kit.metadata(), protocol: { min: NONE, max: NONE } };
    try {
      parseMetadata(JSON.stringify(metadata));
      throw new Error(`metadata of protocol ${NONE} was taken`);
    } catch (error) {
      if (!(error instanceof MetadataError)) throw error;
      expect(error.message.includes(`${NONE}`) && error.message.includes("1"), error.message);
    }
    if ((await kit.metadata()).handshake === "none") return "handshake none: it is never asked";
    const { refusal } = await refused(kit);
    expect(
      refusal.code === "unsupported",
      `a request of protocol ${NONE} got an error of code ${refusal.code}, not unsupported`,
    );
    return undefined;
  },

  "the error line": async (kit) => {
    if ((await kit.metadata()).handshake === "none") return "handshake none: it has none";
    const { refusal, code } = await refused(kit);
    expect(refusal.message !== "the plugin gave no reason", "the error line has no message");
    expect(code === 1, `it exited with code ${code} after an error line, not 1`);
    return undefined;
  },

  "1 MiB on stderr": async (kit) => {
    const flood = `head -c 1048576 /dev/zero | tr '\\0' x >&2`;
    const path = await wrapper(kit, "flood", `${flood}; exec "$0" "$@"`);
    const metadata = await kit.metadata();
    await askDaemon(kit, () => dialExecutable(targetOf(kit, path), metadata, kit.context()));
  },

  "noise on stdout": async (kit) => {
    const path = await wrapper(kit, "noise", `echo Welcome; exec "$0" "$@"`);
    const metadata = await kit.metadata();
    try {
      await askDaemon(kit, () => dialExecutable(targetOf(kit, path), metadata, kit.context()));
    } catch (error) {
      expect(error instanceof DialError && error.message.includes("Welcome"), `${error}`);
      return;
    }
    throw new Error("text before the daemon's bytes was not noticed");
  },

  "nothing is left when fairlead is killed": async (kit) => {
    const run = await started(kit);
    // This imitates the end of fairlead: the kernel closes all pipes, and sends no signal.
    run.stream.close();
    try {
      await groupsGone([run.child.pid]);
      await soon(run.child.status, "its end");
    } catch (error) {
      end(run);
      throw error;
    }
  },

  "exit codes": async (kit) => {
    const run = await started(kit);
    try {
      await run.stream.closeWrite();
      const buffer = new Uint8Array(4096);
      while (await soon(run.stream.read(buffer), "the end of its stdout") !== null);
      const { code, signal } = await soon(run.child.status, "its exit after the end of its stdout");
      expect(code === 0, `it ended with ${signal ?? `exit code ${code}`} after a good connection`);
    } finally {
      end(run);
    }
  },
};

/** Writes a script that does something before it starts the plugin; `$0` is the plugin in it. */
async function wrapper({ file, folder }: Kit, name: string, script: string): Promise<string> {
  const path = `${folder}/${name}`;
  const text = `#!/bin/sh\nexec /bin/sh -c ${shellWord(script)} ${shellWord(file!.path)} "$@"\n`;
  await Deno.writeTextFile(path, text, { mode: 0o700 });
  return path;
}

function targetOf({ url, transport }: Kit, path: string) {
  const spec = transport.parse(url);
  const { authority } = transport.host(spec);
  const shown = transport.describe(spec);
  const options = (spec as { options: Record<string, string> }).options;
  return { path, url, shown, options, authority: authority || "localhost", secrets: [] };
}

type Run = ReturnType<typeof start>;

/** Runs `connect` by hand. */
function start(kit: Kit, protocol: number) {
  const { url, options } = targetOf(kit, kit.file!.path);
  const request = JSON.stringify({ protocol, url, options, timeoutMs: 20_000, debug: false });
  const child = new Deno.Command(kit.file!.path, {
    args: ["connect"],
    env: { FAIRLEAD_TRANSPORT_REQUEST: request },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const stream = ofWebPair({ readable: child.stdout, writable: child.stdin });
  return { child, stream };
}

/** A process with a connection on which the daemon has answered. */
async function started(kit: Kit): Promise<Run> {
  const metadata = await kit.metadata();
  const run = start(kit, 1);
  try {
    let rest = 0;
    if (metadata.handshake === "line") {
      const beginning = await soon(readHandshake(run.stream), "the handshake line");
      expect(beginning.kind === "ok", `the handshake was not "ok": ${textOf(beginning)}`);
      rest = beginning.rest.length;
    }
    await run.stream.write(PREFACE);
    const buffer = new Uint8Array(4096);
    const answered = rest > 0 || await soon(run.stream.read(buffer), "the daemon's first byte");
    expect(answered !== null, "stdout ended where the daemon's first bytes should be");
    return run;
  } catch (error) {
    end(run);
    throw error;
  }
}

/** The plugin's answer to a request that it must refuse. */
async function refused(kit: Kit) {
  const run = start(kit, NONE);
  try {
    const beginning = await soon(readHandshake(run.stream), "the error line");
    expect(
      beginning.kind === "error",
      `a request of protocol ${NONE} was not answered by an error line: ${textOf(beginning)}`,
    );
    const { code } = await soon(run.child.status, "its exit after an error line");
    return { refusal: beginning.refusal, code };
  } finally {
    end(run);
  }
}

function textOf(beginning: Beginning): string {
  switch (beginning.kind) {
    case "ok":
      return "it said ok";
    case "error":
      return beginning.refusal.message;
    case "silence":
      return "its stdout ended";
    case "noise":
      return `it ${beginning.problem}`;
  }
}

/** Ends a run's process and those that it started, if any is left. */
function end({ child, stream }: Run): void {
  stream.close();
  maybe(() => Deno.kill(-child.pid, "SIGKILL"));
}
