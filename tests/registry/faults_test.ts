/** Faults of registries, forced with a server of the tests' own (a mock). */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { blob, client, type ClientOptions, ref } from "./world.ts";

type Handler = (request: Request) => Response | Promise<Response>;

/** A client, and a server that answers as the test says. */
function world(handler: Handler, options: ClientOptions = {}) {
  /** The logins that came with each request. */
  const seen: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    seen.push(request.headers.get("authorization"));
    return handler(request);
  });
  const host = `127.0.0.1:${server.addr.port}`;
  const registries = client(options);
  const name = ref(`${host}/a`);
  return {
    ...{ seen, host, name },
    reader: registries.reader(name),
    writer: registries.writer(name),
    async [Symbol.asyncDispose]() {
      registries[Symbol.dispose]();
      await server.shutdown();
    },
  };
}

const errors = (code: string, message: string) => ({ errors: [{ code, message }] });

Deno.test("a registry with too many requests is asked once more after its pause, then reported", async () => {
  let refusals = 1;
  const limited = () =>
    refusals-- > 0
      ? Response.json(errors("TOOMANYREQUESTS", "pull rate"), {
        status: 429,
        headers: { "retry-after": "0" },
      })
      : new Response("", { status: 404 });
  await using one = world(limited);
  await rejects(one.reader.resolve(one.name), { code: "not-found" });
  await using far = world(() =>
    Response.json(errors("X", "pull rate"), { status: 429, headers: { "retry-after": "3600" } })
  );
  await rejects(far.reader.fetch((await blob(1)).descriptor), {
    ...{ code: "throttled", message: /too many requests: pull rate/, hint: /log in/ },
  });
  equal(far.seen.length, 1);
});

Deno.test("a 403 shows the registry's message, also for a HEAD", async () => {
  await using it = world(({ method }) =>
    method === "HEAD"
      ? new Response(null, { status: 403 })
      : Response.json(errors("DENIED", "your address\u001b[31m is blocked"), { status: 403 })
  );
  await rejects(it.reader.resolve(it.name), (error: Error & { code: string }) => {
    equal(error.code, "denied");
    ok(error.message.includes("your address [31m is blocked"), error.message);
    return true;
  });
});

Deno.test("content that is damaged, short, long or no answer at all is refused", async () => {
  const { descriptor, bytes } = await blob(1000);
  const answers: [Handler, RegExp][] = [
    [() => new Response(bytes.toReversed()), /has the digest sha256:/],
    [() => new Response(bytes.subarray(1)), /ended after 999 of 1000 bytes/],
    [() => new Response(new Uint8Array(2000)), /is longer than its 1000 bytes/],
    [
      () => new Response(ReadableStream.from(broken())),
      /the connection to .* broke off|ended after/,
    ],
    [() => new Response("x", { status: 502 }), /unexpected status from GET request to .*: 502/],
  ];
  for (const [handler, message] of answers) {
    await using it = world(handler, { patience: 3000 });
    await rejects(it.reader.fetch(descriptor), { name: "RegistryError", message });
  }
  function* broken() {
    yield bytes.subarray(0, 10);
    throw new Error("the server stumbles");
  }
});

Deno.test("an answer that never comes or breaks off is given up", async () => {
  const { descriptor, bytes } = await blob(1000);
  for (const begins of [false, true]) {
    const hang = Promise.withResolvers<void>();
    const it = world(async () => {
      if (!begins) await hang.promise;
      return new Response(ReadableStream.from(stalls(hang.promise)));
    }, { patience: 300 });
    await rejects(it.reader.fetch(descriptor), {
      code: "timeout",
      message: begins ? /no data from .* within 0.3 s/ : /no answer from .* within 0.3 s/,
    });
    hang.resolve();
    await it[Symbol.asyncDispose]();
  }
  async function* stalls(until: Promise<void>) {
    yield bytes.subarray(0, 10);
    await until;
  }
});

Deno.test("an abort ends what is under way with its own reason", async () => {
  const controller = new AbortController();
  const hang = Promise.withResolvers<void>();
  const it = world(async () => {
    controller.abort(new Error("enough"));
    await hang.promise;
    return new Response("");
  }, { signal: controller.signal });
  await rejects(it.reader.resolve(it.name), { message: "enough" });
  hang.resolve();
  await it[Symbol.asyncDispose]();
});

Deno.test("a login doesn't follow an upload or a redirect to another host", async () => {
  const { descriptor, bytes } = await blob(9 << 20);
  const login = { username: "me", secret: "pw" };
  await using elsewhere = world(async (request) => {
    await request.body?.cancel();
    return request.method === "GET" ? new Response(bytes) : new Response("", {
      status: request.method === "PATCH" ? 202 : 201,
      headers: { location: "/next?state=1" },
    });
  });
  await using it = world((request) => {
    if (!request.headers.has("authorization")) {
      return new Response("", { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
    }
    const status = request.method === "POST" ? 202 : 307;
    return new Response("", { status, headers: { location: `http://${elsewhere.host}/there` } });
  }, { login });
  deepEqual(await it.reader.fetch(descriptor), bytes);
  await it.writer.putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream()));
  deepEqual(elsewhere.seen, [null, null, null]);
});

Deno.test("an upload that fails in between is repeated, and a refused one is not", async () => {
  const { descriptor, bytes } = await blob(9 << 20);
  const seen: string[] = [];
  const stumbles = new Set(["PATCH", "PUT"]);
  await using it = world(async ({ method, body }) => {
    seen.push(method);
    if (method === "HEAD") return new Response(null, { status: 404 });
    if (stumbles.delete(method)) return new Response("", { status: method === "PUT" ? 503 : 502 });
    await new Response(body).bytes();
    const headers = { location: "/next" };
    return new Response("", { status: method === "PUT" ? 201 : 202, headers });
  });
  let opened = 0;
  await it.writer.putBlob(descriptor, () => {
    opened++;
    return Promise.resolve(new Blob([bytes]).stream());
  });
  deepEqual(seen.join(" "), "POST PATCH HEAD POST PATCH PUT HEAD POST PATCH PUT");
  equal(opened, 3);
  await using full = world(() => new Response("", { status: 413 }));
  await rejects(full.writer.putManifest(descriptor, bytes), { status: 413 });
  equal(full.seen.length, 1);
});

Deno.test("an index that can't be read now is not taken for a missing one", async () => {
  const nobody = "http://127.0.0.1:2/";
  await using it = world(({ url }) =>
    url.includes("/manifests/")
      ? new Response("", { status: 307, headers: { location: nobody } })
      : new Response("", { status: 404 })
  );
  const { descriptor } = await blob(3);
  const mediaType = "application/vnd.oci.image.index.v1+json";
  await rejects(it.reader.fetch({ ...descriptor, mediaType }), { code: "unreachable" });
});

Deno.test("a tag that may not be written is named, and not its digest", async () => {
  await using it = world(() => Response.json(errors("DENIED", "no tags here"), { status: 403 }));
  const { descriptor, bytes } = await blob(3);
  const message = new RegExp(`^${it.host}/a:v1: push access denied, .*: no tags here$`);
  await rejects(it.writer.putManifest(descriptor, bytes, "v1"), { message });
});

Deno.test("a registry that does not run is reported", async () => {
  using registries = client();
  const name = ref("127.0.0.1:2/a");
  await rejects(registries.reader(name).resolve(name), {
    ...{ code: "unreachable", message: /cannot reach 127.*: connection refused/ },
  });
  const nowhere = ref("registry.invalid/a");
  await rejects(registries.reader(nowhere).resolve(nowhere), {
    ...{
      code: "unreachable",
      message: 'registry.invalid/a:latest: the name "registry.invalid" can\'t be resolved',
    },
  });
});
