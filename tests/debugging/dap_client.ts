/** A small client of the debug adapter protocol, which knows nothing of the adapter's code. */
import assert from "node:assert/strict";

// deno-lint-ignore no-explicit-any -- messages are JSON
export type Json = any;

export interface DapClient extends AsyncDisposable {
  /** Sends a request; resolves to the body, rejects with the message. */
  request(command: string, args?: unknown): Promise<Json>;
  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): Promise<void>;
  /** The next event of a kind that wasn't taken yet. */
  event(name: string): Promise<Json>;
  /** All events so far, in order, without `output`. */
  readonly events: Json[];
  /** The text of the `output` events. */
  output(): string;
  /** Reverse requests. */
  readonly reverse: Json[];
  /** Ends stdin, or the process. */
  closeStdin(): Promise<void>;
  readonly pid: number;
  kill(signal?: Deno.Signal): void;
  /** Resolves to the exit code and stderr. Rejects if stdout had anything but messages. */
  end(): Promise<{ code: number; stderr: string }>;
}

export interface DapOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts an adapter. */
export function startAdapter(words: readonly string[], { cwd, env }: DapOptions): DapClient {
  const child = new Deno.Command(words[0]!, {
    args: words.slice(1),
    ...{ cwd, env, stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const stdin = child.stdin.getWriter();
  const events: Json[] = [];
  const taken = new Set<Json>();
  const reverse: Json[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Json>>();
  const listeners = new Set<() => void>();
  let output = "", lastSeq = 0, over = false, seq = 0;
  let problem: Error | undefined;

  function take(message: Json): void {
    assert.equal(message.seq, ++lastSeq, "messages are numbered");
    if (message.type === "event") {
      if (message.event === "output") output += message.body.output;
      else events.push(message);
    } else if (message.type === "response") {
      const asked = waiting.get(message.request_seq);
      waiting.delete(message.request_seq);
      if (message.success) asked?.resolve(message.body);
      else asked?.reject(new Error(message.message));
    } else {
      reverse.push(message);
      void send({
        type: "response",
        request_seq: message.seq,
        success: true,
        command: message.command,
      });
    }
    for (const listener of [...listeners]) listener();
  }

  const reading = (async () => {
    let held = new Uint8Array(0);
    for await (const chunk of child.stdout) {
      held = new Uint8Array([...held, ...chunk]);
      while (true) {
        const text = new TextDecoder("latin1").decode(held.subarray(0, 100));
        const head = /^Content-Length: (\d+)\r\n\r\n/.exec(text);
        if (!head) {
          if (held.length > 60 || !"Content-Length: ".startsWith(text.slice(0, 16))) {
            if (held.length > 0) throw new Error(`not the protocol: ${JSON.stringify(text)}`);
          }
          break;
        }
        const end = head[0].length + Number(head[1]);
        if (held.length < end) break;
        take(JSON.parse(new TextDecoder().decode(held.subarray(head[0].length, end))));
        held = held.slice(end);
      }
    }
    assert.equal(held.length, 0, "the last message is whole");
  })().catch((error) => void (problem = error)).finally(() => {
    over = true;
    for (const { reject } of waiting.values()) {
      reject(problem ?? new Error("the adapter has ended"));
    }
    for (const listener of [...listeners]) listener();
  });
  const stderr = new Response(child.stderr).text();

  async function send(message: Record<string, unknown>): Promise<void> {
    const body = new TextEncoder().encode(JSON.stringify({ seq: ++seq, ...message }));
    const head = new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`);
    await stdin.write(new Uint8Array([...head, ...body])).catch(() => {});
  }

  const client: DapClient = {
    events,
    reverse,
    output: () => output,
    raw: (bytes) => stdin.write(bytes).catch(() => {}),
    request(command, args) {
      const answer = Promise.withResolvers<Json>();
      waiting.set(seq + 1, answer);
      void send({ type: "request", command, arguments: args ?? {} });
      if (over) answer.reject(new Error("the adapter has ended"));
      answer.promise.catch(() => {});
      return answer.promise;
    },
    async event(name) {
      const stop = AbortSignal.timeout(60_000);
      while (true) {
        const found = events.find((event) => event.event === name && !taken.has(event));
        if (found) {
          taken.add(found);
          return found.body;
        }
        if (over || stop.aborted) {
          throw new Error(`no event ${name}; there were ${JSON.stringify(events)}\n${output}`);
        }
        await new Promise<void>((resolve) => {
          const next = () => {
            listeners.delete(next);
            stop.removeEventListener("abort", next);
            resolve();
          };
          listeners.add(next);
          stop.addEventListener("abort", next);
        });
      }
    },
    closeStdin: () => stdin.close().catch(() => {}),
    pid: child.pid,
    kill: (signal = "SIGTERM") => child.kill(signal),
    async end() {
      const { code } = await child.status;
      await reading;
      if (problem) throw problem;
      return { code, stderr: await stderr };
    },
    async [Symbol.asyncDispose]() {
      await stdin.close().catch(() => {});
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await child.status;
      await reading;
      await stderr;
    },
  };
  return client;
}

/** An editor's settings for a session. */
interface Settings {
  readonly path?: string;
  readonly breakpoints?: readonly Json[];
  readonly exceptions?: readonly string[] | undefined;
}

export const breakAt = (path: string, line: number): Settings => ({
  path,
  breakpoints: [{ line }],
});

/**
 * Goes up to the build's start, as an editor does it. Resolves to the answer about the breakpoints.
 */
export async function launch(
  client: DapClient,
  args: Json,
  { path, breakpoints, exceptions }: Settings = {},
): Promise<Json> {
  const capabilities = await client.request("initialize", { supportsRunInTerminalRequest: true });
  assert.equal(capabilities.supportsConfigurationDoneRequest, true);
  const launched = client.request("launch", args);
  await client.event("initialized");
  const set = path && await client.request("setBreakpoints", { source: { path }, breakpoints });
  if (exceptions) await client.request("setExceptionBreakpoints", { filters: exceptions });
  await client.request("configurationDone");
  await launched;
  return set;
}

/** Reads a shell's connection until it has shown something, since the beginning. */
export function reader(conn: Deno.Conn): (pattern: RegExp) => Promise<void> {
  const buffer = new Uint8Array(4096);
  let text = "";
  return async (pattern) => {
    while (!pattern.test(text)) {
      const count = await conn.read(buffer);
      assert.notEqual(count, null, `it ended after ${text}`);
      text += new TextDecoder().decode(buffer.subarray(0, count!));
    }
  };
}
