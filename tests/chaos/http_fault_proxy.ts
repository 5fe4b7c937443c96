/**
 * A proxy for HTTP/1.1 on loopback that spoils the answer to one request. A real server is behind
 * it, so the server's state is real.
 */
import { writeAll } from "../../base/bytes.ts";
import { accept } from "../harness/accept.ts";

/** The faults of a request: the first four before the server sees it, the others after that. */
export const FAULTS = [
  ...["502", "503, Retry-After: -1", "429, Retry-After: 1e999", "reset before", "answer lost"],
  ...["half a head", "short body", "stall", "stall in the body"],
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Every request so far: `PUT /v2/a/manifests/1`, with a count behind it from the second on. */
  readonly requests: readonly string[];
  /** Whether the request that was to be spoilt has come. */
  readonly spoilt: boolean;
}

interface Head {
  readonly start: string;
  readonly headers: Headers;
}

/**
 * @param upstream `127.0.0.1:PORT` of the server
 * @param nameOf the name of a request: uploads have ids that are others each time
 * @param plan the request that is spoilt, and how
 */
export function faultProxy(
  upstream: string,
  nameOf: (request: string) => string,
  plan?: { readonly request: string; readonly fault: Fault },
): FaultProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  const requests: string[] = [];
  const client = Deno.createHttpClient({ http2: false });
  const end = new AbortController();
  let spoilt = false;

  async function serve(connection: Deno.Conn): Promise<void> {
    const input = lines(connection);
    while (true) {
      const head = await input.head();
      if (head === undefined) return;
      const [method = "", path = ""] = head.start.split(" ");
      const name = nameOf(`${method} ${path}`);
      const before = requests.filter((each) => each.replace(/ \(\d+\)$/, "") === name).length;
      const counted = before === 0 ? name : `${name} (${before + 1})`;
      requests.push(counted);
      const fault = plan?.request === counted ? plan.fault : undefined;
      if (fault !== undefined) spoilt = true;
      if (fault === "reset before") return;
      const body = await input.body(head.headers);
      const refusal = fault === undefined ? undefined : refusals[fault];
      if (refusal !== undefined) {
        await writeAll(connection, encode(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\n\r\n`));
        continue;
      }
      if (!await pass(connection, method, path, head.headers, body, fault)) return;
    }
  }

  /** False when the connection ends with the answer. */
  async function pass(
    connection: Deno.Conn,
    method: string,
    path: string,
    headers: Headers,
    body: Uint8Array<ArrayBuffer>,
    fault: Fault | undefined,
  ): Promise<boolean> {
    const sent = new Headers(headers);
    for (const name of ["host", "connection", "content-length", "transfer-encoding"]) {
      sent.delete(name);
    }
    const answer = await fetch(`http://${upstream}${path}`, {
      ...{ method, headers: sent, redirect: "manual", client, signal: end.signal },
      ...method !== "GET" && method !== "HEAD" && { body },
    });
    const content = await answer.bytes();
    const text = [`HTTP/1.1 ${answer.status} ${answer.statusText}`];
    for (const [name, value] of answer.headers) {
      if (["connection", "transfer-encoding"].includes(name)) continue;
      if (name === "content-length" && method !== "HEAD") continue;
      text.push(`${name}: ${value.replaceAll(upstream, host)}`);
    }
    if (method !== "HEAD") text.push(`content-length: ${content.length}`);
    const head = encode(`${text.join("\r\n")}\r\n\r\n`);
    const half = content.subarray(0, content.length >> 1);
    const isEmpty = content.length === 0;
    switch (fault) {
      case "answer lost":
        return false;
      case "stall":
        return await hold(connection);
      case "half a head":
        await writeAll(connection, head.subarray(0, head.length >> 1));
        return false;
      case "short body":
      case "stall in the body":
        // An answer without a body breaks off in its head.
        if (isEmpty) await writeAll(connection, head.subarray(0, head.length - 2));
        else {
          await writeAll(connection, head);
          await writeAll(connection, half);
        }
        return fault === "short body" ? false : await hold(connection);
      default:
        await writeAll(connection, head);
        await writeAll(connection, content);
        return true;
    }
  }

  /** Says no more, until the other side gives up. */
  async function hold(connection: Deno.Conn): Promise<false> {
    const bytes = new Uint8Array(1024);
    while (await connection.read(bytes) !== null);
    return false;
  }

  const accepting = accept(listener, serve);
  return {
    ...{ host, requests },
    get spoilt() {
      return spoilt;
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await accepting[Symbol.asyncDispose]();
      client.close();
    },
  };
}

const refusals: Partial<Record<Fault, string>> = {
  "502": "502 Bad Gateway",
  "503, Retry-After: -1": "503 Service Unavailable\r\nRetry-After: -1",
  "429, Retry-After: 1e999": "429 Too Many Requests\r\nRetry-After: 1e999",
};

const encode = (text: string) => new TextEncoder().encode(text);

/** Reads requests from a connection. */
function lines(connection: Deno.Conn) {
  let kept = new Uint8Array(0);
  /** False at the end. */
  async function more(): Promise<boolean> {
    const bytes = new Uint8Array(64 << 10);
    const count = await connection.read(bytes);
    if (count === null) return false;
    const joined = new Uint8Array(kept.length + count);
    joined.set(kept);
    joined.set(bytes.subarray(0, count), kept.length);
    kept = joined;
    return true;
  }
  function take(count: number): Uint8Array<ArrayBuffer> {
    const bytes = kept.slice(0, count);
    kept = kept.slice(count);
    return bytes;
  }
  async function until(mark: string): Promise<string | undefined> {
    while (true) {
      const text = new TextDecoder("latin1").decode(kept);
      const at = text.indexOf(mark);
      if (at >= 0) {
        take(at + mark.length);
        return text.slice(0, at);
      }
      if (!await more()) return undefined;
    }
  }
  async function exactly(count: number): Promise<Uint8Array<ArrayBuffer>> {
    // Joined once: pieces of a large body come by the hundred.
    const body = new Uint8Array(count);
    const first = take(Math.min(count, kept.length));
    body.set(first);
    for (let at = first.length; at < count;) {
      const read = await connection.read(body.subarray(at));
      if (read === null) throw new Error("the client went away");
      at += read;
    }
    return body;
  }
  return {
    async head(): Promise<Head | undefined> {
      const text = await until("\r\n\r\n");
      if (text === undefined) return undefined;
      const [start = "", ...rest] = text.split("\r\n");
      const pairs = rest.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]);
      return { start, headers: new Headers(pairs) };
    },
    async body(headers: Headers): Promise<Uint8Array<ArrayBuffer>> {
      if (headers.get("transfer-encoding") !== "chunked") {
        return await exactly(Number(headers.get("content-length") ?? 0));
      }
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      while (true) {
        const size = Number.parseInt(await until("\r\n") ?? "0", 16);
        const chunk = await exactly(size);
        await until("\r\n");
        if (size === 0) return await new Blob(chunks).bytes() as Uint8Array<ArrayBuffer>;
        chunks.push(chunk);
      }
    },
  };
}
