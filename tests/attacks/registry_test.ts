/**
 * A hostile registry. Whatever it answers, `imagetools` ends soon with an error that names the
 * image. It sends a login to no other server, and writes no more than it should.
 */
import { doesNotMatch, equal, match, ok } from "node:assert/strict";
import { mediaTypes } from "../../buildkit/registry/descriptor.ts";
import { type Ended, runFairlead } from "../harness/inside.ts";
import { removedLater } from "../harness/remove_folder.ts";
import {
  type Blob,
  content,
  type Handler,
  type HostileRegistry,
  hostileRegistry,
  image,
  index,
} from "./hostile_registry.ts";

const PASSWORD = "s3cr3t-of-ours";
const LOGIN = btoa(`me:${PASSWORD}`);

interface Attack {
  readonly name: string;
  /** Answers before the ordinary registry does. `other` is the host of the honest one. */
  readonly attack?: (other: string) => Handler;
  /** The content of the ordinary registry; the tag refers to the last one. */
  readonly contents?: () => Promise<readonly Blob[]>;
  /** Default: each of inspect, inspect with a format, and create. */
  readonly args?: (host: string, other: string) => readonly string[][];
  /** A pattern of the error, or undefined where the command may succeed. */
  readonly error?: RegExp;
  readonly check?: (other: HostileRegistry, ended: Ended) => void;
}

const inspects = (host: string) => [
  ["imagetools", "inspect", `${host}/a:1`],
  ["imagetools", "inspect", `${host}/a:1`, "--format", "{{json .}}"],
];
const creates = (host: string, other: string) => [
  ["imagetools", "create", "-t", `${other}/b:1`, `${host}/a:1`],
];
const pushes = (host: string, other: string) => [
  ["imagetools", "create", "-t", `${host}/b:1`, `${other}/a:1`],
];
const reads = (host: string, other: string) => [...inspects(host), ...creates(host, other)];
const asks = ({ method, url }: Request, part: string) => method === "GET" && url.includes(part);
const bytes = (length: number) => new Uint8Array(length).fill(0x20);

/** A body without end. */
function endless(chunk = bytes(64 << 10)): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (out) => out.enqueue(chunk) });
}

const gzip = () =>
  new CompressionStream("gzip") as unknown as ReadableWritablePair<Uint8Array, Uint8Array>;

const challenge = (text: string): Handler => () => asksForLogin(text);

function asksForLogin(text = 'Basic realm="x"'): Response {
  return new Response("", { status: 401, headers: { "www-authenticate": text } });
}

const wrongFields: Record<string, unknown>[] = [
  { layers: {} },
  { layers: [1] },
  { layers: [null] },
  { layers: "x" },
  { config: [] },
  { config: "x" },
  { config: { mediaType: 1, digest: "x", size: "y" } },
  { config: { digest: "../../../etc/passwd", size: 1, mediaType: "x" } },
  { config: { digest: `sha256:${"0".repeat(64)}/../../x`, size: 1, mediaType: "x" } },
  { config: { digest: `sha256:${"0".repeat(64)}`, size: -1, mediaType: "x" } },
  { config: { digest: `sha256:${"0".repeat(64)}`, size: 1e30, mediaType: "x" } },
  { annotations: { a: {} } },
  { annotations: "x" },
  { mediaType: 5 },
];
const wrongManifests: unknown[] = [
  {},
  "x",
  7,
  [1],
  [null],
  [[]],
  [{}],
  [{ digest: 1 }],
  [{ digest: "sha256:..", size: 1, mediaType: mediaTypes.ociManifest }],
  [{ digest: `md5:${"0".repeat(32)}`, size: 1, mediaType: mediaTypes.ociManifest }],
  [{ digest: `sha256:${"0".repeat(64)}`, size: 1, mediaType: {} }],
  [{ digest: `sha256:${"0".repeat(64)}`, size: 1, mediaType: "", platform: [] }],
  [{ digest: `sha256:${"0".repeat(64)}`, size: 1, mediaType: "", platform: { os: {} } }],
  [{ digest: `sha256:${"0".repeat(64)}`, size: 1, mediaType: "", annotations: { x: null } }],
];

async function nested(depth: number): Promise<Blob[]> {
  const all = await image();
  for (let i = 0; i < depth; i++) all.push(await index([all.at(-1)!.descriptor]));
  return all;
}

const attacks: Attack[] = [
  ...wrongFields.map((changes): Attack => ({
    name: `a manifest with ${JSON.stringify(changes)}`,
    contents: () => image(changes),
    args: (host, other) => [inspects(host)[1]!, ...creates(host, other)],
    error: /is no|is text|whole number|a descriptor is|checksum digest|not a map of strings/,
  })),
  ...wrongManifests.map((manifests): Attack => ({
    name: `an index of ${JSON.stringify(manifests)}`,
    contents: async () => [await index(manifests)],
    error: /is not a list|a descriptor is|is text|a map of strings|digest|an object with/,
  })),
  {
    name: "a manifest that is no object",
    contents: async () => [await content(mediaTypes.ociIndex, "[1]")],
    error: /the manifest is not an object/,
  },
  {
    name: "a manifest that is no JSON",
    contents: async () => [await content(mediaTypes.ociIndex, "{")],
    error: /its content is not valid JSON/,
  },
  {
    name: "JSON that is nested 1,000,000 deep",
    contents: async () => [await content(mediaTypes.ociIndex, "[".repeat(1_000_000))],
    error: /nested more than 1000 deep/,
  },
  {
    name: "indexes that are nested 1,000 deep",
    contents: () => nested(1000),
    args: (host, other) => [inspects(host)[1]!, ...creates(host, other)],
    error: /nested more than 32 deep/,
  },
  {
    name: "an index that lists itself",
    attack: () => (request) => {
      // No digest can be its own content's, so the registry sends something else for it.
      if (!asks(request, "/manifests/")) return undefined;
      const self = { mediaType: mediaTypes.ociIndex, digest: `sha256:${"1".repeat(64)}`, size: 9 };
      return Response.json({ schemaVersion: 2, manifests: [self] });
    },
    contents: async () => [await index([])],
    error: /has the digest|longer than|ended after/,
  },
  {
    name: "a manifest without config",
    contents: () => image({ config: null }),
    args: (host) => [inspects(host)[1]!],
    error: /has no config/,
  },
  {
    name: "a digest in a header that leaves the repository",
    attack: () => ({ method }) =>
      method !== "HEAD" ? undefined : new Response(null, {
        headers: {
          "docker-content-digest": "sha256:../../../../x",
          "content-type": mediaTypes.ociIndex,
          "content-length": "2",
        },
      }),
    error: /an invalid digest/,
  },
  {
    name: "a manifest of 1 GB, as its length says",
    attack: () => ({ method }) =>
      method !== "HEAD" ? undefined : new Response(null, {
        headers: {
          "docker-content-digest": `sha256:${"0".repeat(64)}`,
          "content-type": mediaTypes.ociIndex,
          "content-length": "1000000000",
        },
      }),
    error: /rejecting 1000000000 byte manifest/,
  },
  {
    name: "a manifest without end, where HEAD says nothing",
    attack: () => (request) =>
      request.method === "HEAD"
        ? new Response(null)
        : asks(request, "/manifests/")
        ? new Response(endless())
        : undefined,
    error: /is larger than 4194304 bytes/,
  },
  {
    name: "a manifest without end",
    contents: () => image(),
    attack: () => (request) =>
      asks(request, "/manifests/sha256") ? new Response(endless()) : undefined,
    error: /is longer than its \d+ bytes/,
  },
  {
    name: "a manifest that is a gzip bomb",
    contents: () => image(),
    attack: () => async (request) =>
      !asks(request, "/manifests/sha256") ? undefined : new Response(
        await new Response(new Blob([bytes(64 << 20)]).stream().pipeThrough(gzip())).bytes(),
        { headers: { "content-encoding": "gzip" } },
      ),
    args: (host) => [inspects(host)[0]!],
    error: /is longer than its \d+ bytes/,
  },
  {
    name: "a refusal without end",
    attack: () => () => new Response(endless(), { status: 403 }),
    error: /access denied/,
  },
  {
    name: "a refusal with escapes and a million reasons",
    attack: () => () =>
      Response.json(
        { errors: Array(1e4).fill({ message: "\u001b]52;c;eA==\u0007\u009b2J\r\n" }) },
        {
          status: 403,
        },
      ),
    error: /access denied/,
    // deno-lint-ignore no-control-regex -- these are what is looked for
    check: (_, { stderr }) => doesNotMatch(stderr, /[\x07\x1b\x80-\x9f\r]/),
  },
  {
    name: "redirects in a circle",
    attack: () => (_, { pathname }) =>
      new Response("", { status: 307, headers: { location: `${pathname}?again` } }),
    error: /redirects more than 10 times/,
  },
  ...["file:///etc/passwd", "ftp://x/y", "data:application/json,{}", "javascript:1"].map((
    location,
  ): Attack => ({
    name: `a redirect to ${location}`,
    attack: () => () => new Response("", { status: 307, headers: { location } }),
    error: /redirects to a URL that is not HTTP/,
  })),
  {
    name: "a redirect with a login in its URL",
    attack: (other) => () =>
      new Response("", { status: 302, headers: { location: `http://u:p@${other}/v2/` } }),
    error: /redirects to a URL with a login in it/,
  },
  {
    name: "a redirect to something that is not a URL",
    attack: () => () => new Response("", { status: 308, headers: { location: "http://[" } }),
    error: /redirects to something that is not a URL/,
  },
  ...[301, 302, 303, 307, 308].map((status): Attack => ({
    name: `a redirect (${status}) to another host, behind a login`,
    attack: (other) => ({ headers }, { pathname }) =>
      headers.has("authorization")
        ? new Response("", { status, headers: { location: `http://${other}${pathname}` } })
        : asksForLogin(),
    contents: () => image(),
    check: ({ seen }) => ok(seen.length > 0),
  })),
  {
    name: "a redirect to another host, which asks for a login",
    attack: (other) => (_, { pathname }) =>
      new Response("", { status: 307, headers: { location: `http://${other}/401${pathname}` } }),
    error: /access denied/,
    check: ({ seen }) => ok(seen.some(({ request }) => request.includes("/401/"))),
  },
  {
    name: "an upload that goes on at another host",
    attack: (other) => ({ method, headers }) =>
      !headers.has("authorization")
        ? asksForLogin()
        : method === "POST"
        ? new Response("", { status: 202, headers: { location: `http://${other}/401/up` } })
        : undefined,
    args: pushes,
    error: /access denied/,
  },
  ...["file:///tmp/x", "gopher://x/y"].map((location): Attack => ({
    name: `an upload that goes on at ${location}`,
    attack: () => ({ method }) =>
      method === "POST" ? new Response("", { status: 202, headers: { location } }) : undefined,
    args: pushes,
    error: /redirects to a URL that is not HTTP/,
  })),
  {
    name: "an upload without a location",
    attack: () => ({ method }) => method === "POST" ? new Response("", { status: 202 }) : undefined,
    args: pushes,
    error: /the upload has no location/,
  },
  {
    name: "an upload that is redirected as a GET",
    attack: (other) => ({ method }) =>
      method === "PUT"
        ? new Response("", { status: 302, headers: { location: `http://${other}/v2/` } })
        : undefined,
    args: pushes,
    check: ({ seen }) => equal(seen.some(({ request }) => request === "GET /v2/"), false),
  },
  {
    name: "a manifest that is stored as another",
    attack: () => ({ method }) =>
      method === "PUT"
        ? new Response("", {
          status: 201,
          headers: { "docker-content-digest": "sha256:\u0000x".replace("\u0000", "") },
        })
        : undefined,
    args: pushes,
    error: /the registry has stored/,
  },
  {
    name: "a token server of another host's choosing, by another scheme",
    attack: () => challenge('Bearer realm="file:///etc/passwd",service="x"'),
    error: /is not an http or https URL|without TLS/,
  },
  {
    name: "a token server in clear on another machine",
    attack: () => challenge('Bearer realm="http://tokens.invalid/t",service="x"'),
    error: /a login is not sent without TLS/,
  },
  ...[
    `Bearer ${"a=b,".repeat(1900)}`,
    `Basic${" ".repeat(7000)}x`,
    `${"Basic, ".repeat(1000)}`,
    `Bearer realm="${"\\".repeat(7000)}`,
    `Bearer realm=,${" ,".repeat(3000)}`,
  ].map((text): Attack => ({
    name: `a challenge that begins with ${JSON.stringify(text.slice(0, 20))}`,
    attack: () => challenge(text),
    error: /access denied|failed to authorize/,
  })),
  {
    name: "refusals without end",
    attack: () => challenge('Basic realm="x"'),
    error: /access denied/,
  },
  {
    name: "cookies",
    contents: () => image(),
    attack: () => (request) => {
      equal(request.headers.get("cookie"), null);
      if (!asks(request, "/manifests/1")) return undefined;
      return new Response("", { status: 404, headers: { "set-cookie": "a=b; Domain=127.0.0.1" } });
    },
  },
  {
    name: "referrers that refer to each other",
    contents: async () => await image(),
    attack: () => async (request, { pathname }) => {
      if (request.method !== "GET") return undefined;
      const [, digest] = /referrers\/(.*)/.exec(pathname) ?? [];
      if (digest === undefined) return undefined;
      const [, , manifest] = await image();
      // The image is its own signature.
      const artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
      return Response.json({ manifests: [{ ...manifest!.descriptor, artifactType }] });
    },
    args: creates,
  },
  {
    name: "a referrer of a referrer, without end",
    attack: endlessReferrers,
    contents: async () => await image(),
    args: creates,
    error: /nested more than 32 deep/,
  },
  ...[{}, "x", [1], [{ digest: "../x" }]].map((manifests): Attack => ({
    name: `referrers of ${JSON.stringify(manifests)}`,
    contents: async () => await image(),
    attack: () => (request, { pathname }) =>
      pathname.includes("/referrers/") && request.method === "GET"
        ? Response.json({ manifests })
        : undefined,
    args: creates,
    error: /is not a list|a descriptor is|digest/,
  })),
  {
    name: "a configuration that is nested deeply",
    contents: async () => {
      const text = `{"architecture":"amd64","os":"linux","x":${"[".repeat(5000)}${
        "]".repeat(5000)
      }}`;
      const config = await content("application/vnd.oci.image.config.v1+json", text);
      return [config, ...await image({ config: config.descriptor })];
    },
    args: (host, other) => [inspects(host)[1]!, ...creates(host, other)],
    error: /nested more than 1000 deep/,
  },
  {
    name: "20,000 entries for manifests that aren't there",
    contents: async () => {
      const entry = (i: number) => ({
        mediaType: mediaTypes.ociManifest,
        digest: `sha256:${String(i).padStart(64, "0")}`,
        size: 1,
      });
      return [await index(Array.from({ length: 20_000 }, (_, i) => entry(i)))];
    },
    args: (host) => [inspects(host)[1]!],
    error: /not found|more than 10000 manifests/,
  },
];

/** Makes a new signature for each manifest that it is asked about. */
function endlessReferrers(): Handler {
  const made = new Map<string, Blob>();
  return async ({ method }, { pathname }) => {
    const [, digest] = /(?:manifests|blobs)\/(sha256:.*)/.exec(pathname) ?? [];
    const known = made.get(digest ?? "");
    if (known !== undefined) {
      const headers = { "content-type": known.descriptor.mediaType };
      return new Response(method === "HEAD" ? null : known.bytes, { headers });
    }
    const [, subject] = /referrers\/(.*)/.exec(pathname) ?? [];
    if (subject === undefined) return undefined;
    const artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
    const [config, layer, signature] = await image({ artifactType, annotations: { of: subject } });
    for (const blob of [config!, layer!, signature!]) made.set(blob.descriptor.digest, blob);
    return Response.json({ manifests: [{ ...signature!.descriptor, artifactType }] });
  };
}

for (const { name, attack, contents, args = reads, error, check } of attacks) {
  Deno.test(`a hostile registry: ${name.slice(0, 100)}`, async () => {
    const home = await Deno.makeTempDir({ prefix: "fl-hostile-" });
    await using _ = removedLater(home);
    await using other = hostileRegistry((_, { pathname }) =>
      pathname.startsWith("/401/")
        ? new Response("", { status: 401, headers: { "www-authenticate": 'Basic realm="other"' } })
        : undefined
    );
    other.serve(await image());
    await using hostile = hostileRegistry(attack?.(other.host));
    hostile.serve(await contents?.() ?? []);
    await Deno.mkdir(`${home}/.docker`);
    await Deno.writeTextFile(
      `${home}/.docker/config.json`,
      JSON.stringify({ auths: { [hostile.host]: { auth: LOGIN } } }),
    );
    for (const words of args(hostile.host, other.host)) {
      const host = "tcp://127.0.0.1:1";
      const ended = await runFairlead({ host, home, args: words });
      ok(ended.ms < 10_000, `it took ${ended.ms} ms`);
      if (error !== undefined) {
        equal(ended.code, 1, `${words.join(" ")}: ${ended.stdout}`);
        match(ended.stderr, error);
      }
      doesNotMatch(ended.stderr, /^\s+at \S+ |is a bug|TypeError|undefined/m, ended.stderr);
      doesNotMatch(ended.stdout + ended.stderr, new RegExp(`${PASSWORD}|${LOGIN}`));
      check?.(other, ended);
    }
    for (const { login } of other.seen) equal(login, null, "a login went to another host");
  });
}
