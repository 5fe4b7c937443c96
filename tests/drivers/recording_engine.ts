/**
 * A Docker engine of the tests' own (a mock) that records the objects that a client would make, and
 * refuses to start them. So the objects of two clients can be compared without making any.
 */

export interface Recorded {
  /** The bodies of the containers that were to be created, but for probes of GPUs. */
  readonly containers: { readonly name: string; readonly body: Record<string, unknown> }[];
  /** Each file that was copied into one, by path. */
  readonly files: Map<string, Uint8Array>;
  /** The pulls: the query, and the login. */
  readonly pulls: string[];
}

export interface RecordingEngine extends AsyncDisposable {
  readonly host: string;
  /** The same engine on loopback TCP: `127.0.0.1:PORT`. */
  readonly tcp: string;
  /** Probes for GPUs succeed. */
  gpus: boolean;
  /** Returns the records since the last call. */
  take(): Recorded;
}

export function recordingEngine(path: string, info: object = {}): RecordingEngine {
  let recorded: Recorded = { containers: [], files: new Map(), pulls: [] };
  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const pathname = url.pathname.replace(/^\/v1\.\d+/, "");
    const message = (status: number, text: string) => Response.json({ message: text }, { status });
    if (pathname === "/_ping") return new Response("OK", { headers: { "api-version": "1.47" } });
    if (pathname === "/info") return Response.json({ CgroupDriver: "cgroupfs", ...info });
    if (pathname === "/images/create") {
      const login = request.headers.get("x-registry-auth") ?? "";
      recorded.pulls.push(
        `${url.searchParams.get("fromImage")} ${url.searchParams.get("tag")} ${
          new TextDecoder().decode(Uint8Array.fromBase64(login, { alphabet: "base64url" }))
        }`,
      );
      return new Response('{"status":"done"}\n');
    }
    const digest = `sha256:${"1".repeat(64)}`;
    if (pathname.startsWith("/images/")) {
      return Response.json({ Id: digest, Descriptor: { digest } });
    }
    if (pathname === "/containers/create") {
      const body = await request.json();
      if (body.Entrypoint?.[0] === "/bin/true") {
        return engine.gpus
          ? Response.json({ Id: "probe" }, { status: 201 })
          : message(500, "no GPUs");
      }
      recorded.containers.push({ name: url.searchParams.get("name") ?? "", body });
      return Response.json({ Id: "1" }, { status: 201 });
    }
    if (pathname.endsWith("/archive")) {
      const folder = url.searchParams.get("path") ?? "";
      for (const [name, bytes] of untar(await request.bytes())) {
        recorded.files.set(`${folder}/${name}`, bytes);
      }
      return new Response();
    }
    if (pathname.endsWith("/probe/start")) return new Response(null, { status: 204 });
    if (pathname.endsWith("/start")) return message(500, "nothing is started here");
    const isForced = url.searchParams.has("force");
    // A container that is replaced, not discarded.
    if (request.method === "DELETE" && pathname.startsWith("/containers/") && !isForced) {
      recorded.containers.pop();
    }
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    return message(404, "No such container");
  };
  const onListen = () => {};
  const servers = [
    Deno.serve({ path, onListen }, handle),
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, handle),
  ] as const;
  const engine = {
    host: `unix://${path}`,
    tcp: `127.0.0.1:${servers[1].addr.port}`,
    gpus: false,
    take() {
      const taken = recorded;
      recorded = { containers: [], files: new Map(), pulls: [] };
      return taken;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.shutdown()));
    },
  };
  return engine;
}

/** The files of a tar. */
function* untar(bytes: Uint8Array): Generator<[string, Uint8Array]> {
  const text = (at: number, length: number) =>
    new TextDecoder().decode(bytes.subarray(at, at + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    if (["0", "\0", ""].includes(text(at + 156, 1))) {
      yield [text(at, 100), bytes.slice(at + 512, at + 512 + size)];
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
