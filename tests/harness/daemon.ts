/**
 * Child daemons that end with the test: by `stop()`, or, when the test process dies, by the end of
 * the pipe that `supervise` reads. A child that is started inside a test and outlives it trips
 * Deno's resource sanitizer: start such ones at the top level of the test file.
 */

export interface Daemon {
  /** The process id of the daemon itself, not of its supervisor. */
  readonly pid: number;
  /** Its own folder, deleted by `stop()`. */
  readonly root: string;
  /** The exit code (128 + n for signal n), once it has ended for whatever reason. */
  readonly exited: Promise<number>;
  log(): Promise<string>;
  /**
   * Sends SIGKILL, and waits until the daemon is dead. Its remains (root, mounts) stay until
   * `stop()`.
   */
  kill(): Promise<void>;
  /**
   * Sends SIGTERM, and after 5 s SIGKILL. Then it ends the daemon's steps, unmounts and deletes.
   * With `keepRoot` the root stays, for a second daemon. A second call does nothing.
   */
  stop(options?: { keepRoot?: boolean }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface DaemonSpec {
  /** The name in messages. */
  name: string;
  /** The program and its arguments. */
  command: readonly string[];
  /** Made beforehand, as a rule by `makeRoot`. */
  root: string;
  env?: Record<string, string>;
  /** Asked every 20 ms until it is true. */
  ready: () => Promise<boolean>;
  /** Default 30,000: other helpers may keep both cores busy. */
  readyWithinMs?: number;
}

const supervisor = new URL("./supervise", import.meta.url).pathname;

/** A short folder name, because a unix socket's path must stay under 108 bytes. */
export function makeRoot(name: string, dir?: string): Promise<string> {
  return Deno.makeTempDir({ prefix: `fl-${name}-`, ...(dir === undefined ? {} : { dir }) });
}

export async function startDaemon(spec: DaemonSpec): Promise<Daemon> {
  // A session of its own, so that a Ctrl-C in the terminal reaches the test runner alone; and not
  // Deno's direct child, because Deno kills those when a test process ends. Either way the
  // supervisor lives on to clean up.
  const child = new Deno.Command("setsid", {
    args: ["--fork", "sh", supervisor, spec.root, ...spec.command],
    env: spec.env ?? {},
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = reportLines(child.stdout);
  const first = await lines.next();
  const pid = Number(/^pid (\d+)$/.exec(first.value ?? "")?.[1]);
  let dead = false;
  const { promise: exited, resolve: setExit } = Promise.withResolvers<number>();
  const reported = (async () => {
    for await (const line of lines) {
      const code = /^exit (\d+)$/.exec(line)?.[1];
      if (code === undefined) continue;
      dead = true;
      setExit(Number(code));
    }
  })();
  const log = () => Deno.readTextFile(`${spec.root}/log`).catch(() => "");
  let stopping: Promise<void> | undefined;
  const stop = (options: { keepRoot?: boolean } = {}) =>
    stopping ??= (async () => {
      if (options.keepRoot) await Deno.writeTextFile(`${spec.root}/keep`, "");
      await child.stdin.close().catch(() => {});
      await reported;
      await child.status;
    })();
  const daemon: Daemon = {
    pid,
    root: spec.root,
    exited,
    log,
    async kill() {
      if (!dead) Deno.kill(pid, "SIGKILL");
      await until(() => Promise.resolve(dead), 10_000);
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
  const ready = await until(async () => dead || await spec.ready(), spec.readyWithinMs ?? 30_000);
  if (ready && !dead) return daemon;
  const why = dead ? "ended at once" : "was not ready in time";
  const tail = (await log()).split("\n").slice(-30).join("\n");
  await stop();
  throw new Error(`${spec.name} ${why}; the end of its log:\n${tail}`);
}

/** Asks every 20 ms; false when `ms` milliseconds have passed without a true answer. */
export async function until(question: () => Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (!await question()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Whether something accepts connections there. */
export async function accepts(where: Deno.ConnectOptions | Deno.UnixConnectOptions) {
  try {
    const connection = "path" in where ? await Deno.connect(where) : await Deno.connect(where);
    connection.close();
    return true;
  } catch {
    return false;
  }
}

/** Whether an HTTP server there says that all is well. */
export async function answersOk(
  url: string,
  options: Deno.CreateHttpClientOptions,
): Promise<boolean> {
  const client = Deno.createHttpClient(options);
  try {
    const answer = await fetch(url, { client });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

/** The ports for the daemons of tests lie below those that the system itself gives away. */
const PORTS = { first: 15_000, count: 16_000 };

/**
 * A free loopback port that no other test gets soon: all tests of a user on this machine take the
 * ports in turn. A server may start seconds later, and a daemon may start again on its port.
 */
export function freePort(): number {
  const turns = `${Deno.env.get("TMPDIR") ?? "/tmp"}/fl-next-port-${Deno.uid()}`;
  using file = Deno.openSync(turns, { read: true, write: true, create: true, mode: 0o600 });
  file.lockSync(true);
  const last = new Uint16Array(1);
  const isNew = file.readSync(new Uint8Array(last.buffer)) === null;
  let turn = isNew ? crypto.getRandomValues(last)[0]! : last[0]!;
  for (let left = 100;; left--) {
    turn = (turn + 1) % PORTS.count;
    const port = PORTS.first + turn;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch (error) {
      if (left === 0) throw error;
      continue;
    }
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(Uint16Array.of(turn).buffer));
    return port;
  }
}

async function* reportLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
