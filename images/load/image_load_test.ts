/**
 * Against an engine of the test's own (Deno's HTTP server on a unix socket); the real one's test is
 * in tests/session.
 */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { accept } from "../../tests/harness/accept.ts";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { eventually, type ManualClock, manualClock } from "../../tests/harness/manual_clock.ts";
import type { DialContext } from "../../transports/transport.ts";
import type { EngineProgress } from "../../transports/engine/progress.ts";
import { loadExporter, type LoadTarget, openImageLoader } from "./image_load.ts";

const docker = (host: string): LoadTarget => ({
  program: "docker",
  endpoint: { host },
  hint: "start docker, or set DOCKER_HOST",
});

type Answer = (request: Request) => Response | Promise<Response>;

function contextOf(signal = new AbortController().signal): DialContext {
  return { signal, env: () => undefined, log: () => {}, step: () => {} };
}

async function withEngine(
  load: Answer,
  body: (host: string) => Promise<void>,
  info: unknown = {},
): Promise<void> {
  using folder = tempFolder();
  const path = `${folder.path}/s`;
  const onError = () => new Response("", { status: 500 });
  await using _server = Deno.serve({ path, onListen() {}, onError }, (request) => {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/info") return Response.json(info);
    equal(pathname + search, "/images/load?quiet=0");
    equal(request.headers.get("content-type"), "application/x-tar");
    return load(request);
  });
  await body(`unix://${path}`);
}

/** Sends `total` bytes to an engine, 64 KiB a message. */
async function loadInto(
  host: string,
  total: number,
  onProgress: (progress: EngineProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const loader = await openImageLoader(docker(host), contextOf(signal));
  const sink = await loader.output([], { progress: onProgress }).open({});
  try {
    const part = new Uint8Array(65536).fill(7);
    for (let left = total; left > 0; left -= part.length) {
      await sink.write(part.subarray(0, Math.min(left, part.length)));
    }
    await sink.close();
  } catch (error) {
    await sink.abort(error);
    throw error;
  }
}

Deno.test("an image goes in whole, and its progress comes out", async () => {
  let got = 0;
  const steps: EngineProgress[] = [];
  const lines = [
    '{"status":"Loading layer","progressDetail":{"current":1,"total":2},"id":"abc"}\r\n',
    "no JSON\n",
    "null\n",
    '{"stream":"Loaded image: x:latest\\n"}\n',
    '{"stream":"Error unpacking image x:latest: no space\\n"}',
  ];
  await withEngine(async (request) => {
    for await (const part of request.body!) {
      got += part.length;
      ok(part.every((byte) => byte === 7));
    }
    return new Response(lines.join(""));
  }, (host) => loadInto(host, 10_000_000, (step) => steps.push(step)));
  equal(got, 10_000_000);
  deepEqual(steps, [
    { id: "abc", text: "Loading layer", current: 1, total: 2 },
    { id: "", text: "Error unpacking image x:latest: no space" },
  ]);
});

Deno.test("a slow engine holds the sender back", () =>
  withEngine(async (request) => {
    const reader = request.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 200));
    while (!(await reader.read()).done) { /* the rest */ }
    return new Response("{}");
  }, async (host) => {
    const loader = await openImageLoader(docker(host), contextOf());
    const sink = await loader.output([], { progress() {} }).open({});
    const part = new Uint8Array(1 << 20);
    let waited = 0;
    for (let i = 0; i < 32; i++) {
      const wait = sink.write(part);
      if (wait) waited++;
      await wait;
    }
    await sink.close();
    ok(waited > 5, `${waited}`);
  }));

Deno.test("refusals and errors of the engine", async () => {
  const cases: [Answer, string][] = [
    [
      () => Response.json({ message: "no space left on device" }, { status: 500 }),
      ".*POST /images/load: no space left on device",
    ],
    [() => new Response("", { status: 403 }), ".*refused POST /images/load: 403 Forbidden"],
    [
      async (request) => {
        await request.bytes();
        return new Response('{"errorDetail":{"message":"bad tar"},"error":"bad tar"}\n');
      },
      "bad tar",
    ],
  ];
  for (const [answer, message] of cases) {
    await withEngine(answer, async (host) => {
      await rejects(loadInto(host, 20_000_000), {
        name: "OutputError",
        message: new RegExp(`^cannot load the image into docker: ${message}$`),
      });
    });
  }
});

Deno.test("an engine may accept an image before its end", () =>
  withEngine(async (request) => {
    const reader = request.body!.getReader();
    await reader.read();
    await reader.cancel();
    return new Response('{"stream":"Loaded image: x"}\n');
  }, (host) => loadInto(host, 20_000_000)));

/** An engine of raw bytes. @param serve it gets the beginning of a request, and the connection */
async function withRawEngine(
  serve: (asked: string, conn: Deno.Conn) => Promise<unknown>,
  body: (host: string) => Promise<void>,
): Promise<void> {
  using folder = tempFolder();
  const path = `${folder.path}/s`;
  await using _engine = accept(Deno.listen({ transport: "unix", path }), async (conn) => {
    const bytes = new Uint8Array(1000);
    await serve(new TextDecoder().decode(bytes.subarray(0, await conn.read(bytes) ?? 0)), conn);
  });
  await body(`unix://${path}`);
}

function reply(conn: Deno.Conn, text = "{}"): Promise<number> {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`;
  return conn.write(new TextEncoder().encode(head + text));
}

const swallow = (conn: Deno.Conn) => conn.readable.pipeTo(new WritableStream());

Deno.test("an engine that dies in the middle is reported", () =>
  withRawEngine(async (asked, conn) => {
    if (asked.startsWith("GET /info")) await reply(conn);
    else await conn.read(new Uint8Array(100_000));
  }, async (host) => {
    await rejects(loadInto(host, 50_000_000), {
      name: "OutputError",
      message:
        /^cannot load the image into docker: cannot reach unix:.*the connection (ended|broke)/,
    });
  }));

/** The time that an engine has for its answer to the small question, in milliseconds. */
const ANSWER = 10_000;
const SILENT = "has made no progress for 25 s";

/** Lets time pass until the silent engine is asked for the n-th time. */
async function untilAsked(clock: ManualClock, n: number): Promise<void> {
  while (clock.started(ANSWER) < n) await clock.advance(1000);
}

Deno.test("an engine that stops reading is waited for as long as it answers", async () => {
  using clock = manualClock();
  const over = Promise.withResolvers<void>();
  const told: string[] = [];
  let pings = 0;
  await withRawEngine(async (asked, conn) => {
    // The third time it is gone.
    if (asked.startsWith("POST /images/load") || asked.startsWith("GET /_ping") && ++pings > 2) {
      await over.promise;
    } else await reply(conn);
  }, async (host) => {
    const loader = await openImageLoader(docker(host), contextOf());
    const sink = await loader.output([], { progress: ({ text }) => told.push(text) }).open({});
    const before = clock.started(ANSWER);
    const writing = (async () => {
      const part = new Uint8Array(1 << 20);
      for (let i = 0; i < 50; i++) await sink.write(part);
    })();
    const failed = writing.then(() => undefined, (error) => error);
    for (let n = 1; n <= 3; n++) {
      await untilAsked(clock, before + n);
      await eventually(() => pings === n && told.length === Math.min(n, 2));
    }
    await clock.advance(ANSWER);
    const error = await failed;
    await sink.abort(error);
    over.resolve();
    const silence = `the engine at ${host} ${SILENT}`;
    equal(
      error.message,
      `cannot load the image into docker: ${silence}, and doesn't answer any more`,
    );
    deepEqual(told, Array(2).fill(`${silence}; it still answers, so fairlead keeps waiting`));
  });
});

/** The same, but it swallows what is loaded, and answers every other request by `answer`. */
const withSwallowed = (
  answer: (request: string) => string,
  body: (host: string) => Promise<void>,
) =>
  withRawEngine(
    (asked, conn) =>
      asked.startsWith("POST /images/load") ? swallow(conn) : reply(conn, answer(asked)),
    body,
  );

Deno.test("an engine that answers only other requests is given up after ten minutes", () =>
  withSwallowed(() => "{}", async (host) => {
    using clock = manualClock();
    const told: string[] = [];
    const loader = await openImageLoader(docker(host), contextOf());
    const sink = await loader.output([], { progress: ({ text }) => told.push(text) }).open({});
    await sink.write(new Uint8Array(100));
    const before = clock.started(ANSWER);
    const closed = rejects(
      Promise.resolve(sink.close()),
      /answers, but has made no progress for 10 minutes: the connection to/,
    );
    for (let n = 1; n <= 24; n++) {
      await untilAsked(clock, before + n);
      if (n < 24) await eventually(() => told.length === n);
    }
    await closed;
    equal(told.length, 23);
  }));

Deno.test("an image that has arrived, though the answer was lost, is named and counts", () => {
  const asked: string[] = [];
  const id = `sha256:${"a".repeat(64)}`;
  let looks = 0;
  return withSwallowed((request) => {
    const [line = ""] = request.split("\r\n");
    asked.push(line);
    // The first look is the one before the load.
    const isThere = line.includes("/json") && ++looks > 2;
    return line.includes("/json") && !isThere ? "no JSON" : "{}";
  }, async (host) => {
    using clock = manualClock();
    const told: string[] = [];
    const loader = await openImageLoader(docker(host), contextOf());
    const metadata = { "containerimage.config.digest": id };
    const sink = await loader.output(["app:1"], { progress: ({ text }) => told.push(text) })
      .open(metadata);
    await sink.write(new Uint8Array(100));
    const before = clock.started(ANSWER);
    const closed = Promise.resolve(sink.close());
    for (let n = 1; n <= 2; n++) {
      await untilAsked(clock, before + n);
      await eventually(() => told.length === n && looks === n + 1);
    }
    await closed;
    ok(asked.some((line) => line.startsWith(`POST /images/${id}/tag?repo=`)), asked.join("\n"));
  });
});

Deno.test("no bytes, no request; a signal ends a load that hangs", async () => {
  let asked = 0;
  const end = new AbortController();
  const over = Promise.withResolvers<void>();
  await withEngine(async () => {
    asked++;
    // The load is under way, and the engine reads nothing of it.
    end.abort(new Error("Ctrl-C"));
    await over.promise;
    return new Response("{}");
  }, async (host) => {
    await loadInto(host, 0);
    equal(asked, 0);
    await rejects(loadInto(host, 100 << 20, () => {}, end.signal), { message: "Ctrl-C" });
    equal(asked, 1);
    over.resolve();
  });
});

Deno.test("an engine that can't be reached is named, with a remedy", async () => {
  for (
    const [host, problem] of [
      ["unix:///nowhere/s", "no such socket"],
      ["http://host", "docker engines are reached by unix://, tcp://, ssh:// and npipe:// only"],
    ] as const
  ) {
    await rejects(openImageLoader(docker(host), contextOf()), {
      message: `cannot load the image into docker: cannot reach ${host}: ${problem}`,
      hint: /DOCKER_HOST/,
    });
  }
});

Deno.test("an engine that accepts and says nothing is reported", () => {
  const accepted = Promise.withResolvers<void>();
  return withRawEngine((_, conn) => {
    accepted.resolve();
    return swallow(conn);
  }, async (host) => {
    using clock = manualClock();
    const opened = rejects(openImageLoader(docker(host), contextOf()), {
      name: "BuilderError",
      message:
        `cannot load the image into docker: the engine at ${host} did not answer within 15 s`,
    });
    await accepted.promise;
    await clock.advance(15_000);
    await opened;
  });
});

Deno.test("containerd's store takes OCI, the old one the docker format", async () => {
  const info = { DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]] };
  await withEngine(() => new Response(), async (host) => {
    equal((await openImageLoader(docker(host), contextOf())).containerd, true);
  }, info);
  await withEngine(() => new Response(), async (host) => {
    equal((await openImageLoader(docker(host), contextOf())).containerd, false);
  }, { DriverStatus: [["Backing Filesystem", "extfs"]] });
  const [old, store] = [false, true]
    .map((containerd) => ({ program: "docker", containerd } as const));
  const podman = { program: "podman", containerd: false } as const;
  const names = { name: "a,b" };
  deepEqual(loadExporter(store!, names, true), {
    type: "oci",
    attrs: { ...names, "prefer-image-digest": "true" },
  });
  deepEqual(loadExporter(old!, names, false), { type: "docker", attrs: names });
  deepEqual(loadExporter(podman, names, false).attrs, { name: "a" });
  throws(() => loadExporter(old!, {}, true), {
    message: "docker exporter does not currently support exporting manifest lists",
  });
});
