/** A long and narrow link: the proxy of `far_proxy.go`, a process of its own. */
import { buildTool } from "./measure.ts";

/** Properties of a link. */
export interface Shape {
  /** The round trip, in milliseconds. */
  readonly rttMs: number;
  /** Mbit/s in each direction; 0 for no limit. */
  readonly mbit: number;
}

/** Counts of a run. */
export interface Counts {
  /** Bytes from the client. */
  readonly up: number;
  /** Bytes to the client. */
  readonly down: number;
  readonly connections: number;
  /** The longest chain of messages that may have waited for each other, with TCP's handshakes. */
  readonly roundTrips: number;
}

/** A running proxy. */
export interface FarLink extends AsyncDisposable {
  /** Ports on loopback: one for each address. */
  readonly ports: readonly number[];
  /** Sets the link for connections from now on, and zeroes the counts. */
  set(shape: Shape): Promise<void>;
  count(): Promise<Counts>;
  /** Sends bytes without a program; returns Mbit/s. */
  prove(): Promise<number>;
}

/** Starts a proxy before addresses of the form `127.0.0.1:PORT`. */
export async function startFarLink(
  addresses: readonly string[],
  before: readonly string[],
): Promise<FarLink> {
  const [program = "", ...args] = [...before, await buildTool("far_proxy"), ...addresses];
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const answer = async () => {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the proxy ended");
      text += value;
    }
    const end = text.indexOf("\n");
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return JSON.parse(line);
  };
  const ask = async (command: unknown) => {
    await writer.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    return await answer();
  };
  return {
    ports: await answer(),
    set: (shape) => ask(shape),
    count: () => ask({ count: true }),
    prove: () => ask({ prove: true }),
    async [Symbol.asyncDispose]() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}
