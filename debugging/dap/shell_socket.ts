/**
 * The shell of a debugger. The client's terminal runs `dap attach SOCKET`, which carries its bytes
 * to this process. A shell runs in the step at which the debugger has stopped, and again in the
 * next one.
 *
 * The size of the terminal comes among the keys as `ESC [ 8 ; rows ; columns t`, which no key
 * sends.
 */
import { byteString, writeAll } from "../../base/bytes.ts";
import { maybe } from "../../base/maybe.ts";
import { sessionFolder } from "./session_folder.ts";
import type { Console, Receiver, Size } from "../console.ts";

/** A place where a shell can run. */
export interface ShellPlace {
  readonly line: number;
  /** Runs a shell to its end. A text says why there can't be one. */
  run(
    console: Console,
    signal: AbortSignal,
    onStart: (shell: string) => void,
  ): Promise<string | undefined>;
}

/** The socket of a session. */
export interface ShellSocket extends AsyncDisposable {
  /** Makes the socket, once; its path. */
  open(): string;
  /** Offers a stopped thread, until it is disposed. */
  offer(place: ShellPlace): Disposable;
}

export function shellSocket(): ShellSocket {
  let folder: ReturnType<typeof sessionFolder> | undefined;
  let listener: Deno.UnixListener | undefined;
  let connected: Deno.UnixConn | undefined;
  const places: { readonly place: ShellPlace; readonly end: AbortController }[] = [];
  let changed = Promise.withResolvers<void>();

  async function accept(listener: Deno.UnixListener): Promise<void> {
    for await (const conn of listener) {
      if (connected !== undefined) {
        await say(conn, "Error: Already connected to exec instance.").catch(() => {});
        conn.close();
        continue;
      }
      connected = conn;
      void session(conn).catch(() => {}).finally(() => {
        closeIfOpen(conn);
        connected = undefined;
      });
    }
  }

  async function session(conn: Deno.UnixConn): Promise<void> {
    await say(conn, "Attached to build process.");
    const gone = new AbortController();
    const console = socketConsole(conn, () => {
      gone.abort(new Error("the terminal is gone"));
      notify();
    });
    while (!gone.signal.aborted) {
      const offered = places[0];
      if (offered === undefined) {
        await changed.promise;
        continue;
      }
      const { place, end } = offered;
      const signal = AbortSignal.any([end.signal, gone.signal]);
      const onStart = (shell: string) =>
        void say(conn, `Running ${shell} in build container from line ${place.line}.`)
          .then(() =>
            say(conn, "Changes to the container will be reset after the next step is executed.")
          ).catch(() => {});
      const problem = await place.run(console, signal, onStart).catch((error) =>
        signal.aborted ? undefined : (error as Error).message
      );
      if (gone.signal.aborted) return;
      await say(conn, "");
      if (problem !== undefined) {
        await say(conn, `Build container is not executable. (reason: ${problem})`);
      } else if (!end.signal.aborted) return;
      while (!gone.signal.aborted && places.includes(offered)) await changed.promise;
    }
  }

  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  return {
    open() {
      if (folder === undefined) {
        folder = sessionFolder();
        listener = Deno.listen({ transport: "unix", path: `${folder.path}/s.sock` });
        void accept(listener).catch(() => {});
      }
      return `${folder.path}/s.sock`;
    },
    offer(place) {
      const offered = { place, end: new AbortController() };
      places.push(offered);
      notify();
      return {
        [Symbol.dispose]() {
          places.splice(places.indexOf(offered), 1);
          offered.end.abort(new Error("the debugger has continued"));
          notify();
        },
      };
    },
    // deno-lint-ignore require-await -- the interface is that of what waits
    async [Symbol.asyncDispose]() {
      for (const { end } of places) end.abort(new Error("the build is over"));
      listener?.close();
      if (connected) closeIfOpen(connected);
      folder?.[Symbol.dispose]();
    },
  };
}

/** The end of a session, or of its terminal, may have closed a connection before. */
const closeIfOpen = (conn: Deno.UnixConn) => maybe(() => conn.close());

async function say(conn: Deno.UnixConn, line: string): Promise<void> {
  await writeAll(conn, new TextEncoder().encode(`${line}\r\n`));
}

/** The console behind a connection. @param onGone is called when the other side ends */
function socketConsole(conn: Deno.UnixConn, onGone: () => void): Console {
  let receiver: Receiver | undefined;
  let size: Size | undefined;
  const split = sizeReports((next) => {
    size = next;
    receiver?.resize(next);
  });
  void (async () => {
    const buffer = new Uint8Array(32 << 10);
    try {
      for (let count; (count = await conn.read(buffer)) !== null;) {
        const keys = split(buffer.slice(0, count));
        // Keys typed between two shells are dropped.
        if (keys.length > 0) await receiver?.bytes(keys);
      }
    } catch {
      // The terminal is gone.
    }
    onGone();
  })();
  return {
    isTerminal: true,
    size: () => size,
    write: (bytes) => writeAll(conn, bytes).catch(() => {}),
    attach(next) {
      receiver = next;
      return {
        [Symbol.dispose]() {
          if (receiver === next) receiver = undefined;
        },
      };
    },
  };
}

/** The report of a terminal's size. */
export function sizeReport({ columns, rows }: Size): Uint8Array {
  return new TextEncoder().encode(`\x1b[8;${rows};${columns}t`);
}

// deno-lint-ignore no-control-regex -- the control sequence above
const REPORT = /\x1b\[8;(\d{1,4});(\d{1,4})t/g;
// deno-lint-ignore no-control-regex -- the beginning of one
const BEGUN = /\x1b\[8(;\d{0,4}(;\d{0,4})?)?$/;

/** Takes reports of sizes out of the keys; one that is cut waits for its rest. */
export function sizeReports(take: (size: Size) => void): (bytes: Uint8Array) => Uint8Array {
  let held = "";
  return (bytes) => {
    // Each byte is read as one character, also within a longer UTF-8 sequence.
    let text = held + byteString(bytes);
    text = text.replace(REPORT, (_, rows, columns) => {
      take({ columns: Number(columns), rows: Number(rows) });
      return "";
    });
    held = BEGUN.exec(text)?.[0] ?? "";
    if (held !== "") text = text.slice(0, -held.length);
    return Uint8Array.from(text, (char) => char.charCodeAt(0));
  };
}
