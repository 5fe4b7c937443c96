/**
 * A hostile daemon. Whatever it requests of a build's session, and whatever it reports of the
 * build, the build ends soon, and nothing outside the offered inputs and outputs is read or
 * written. `tests/faults/malicious*_test.ts` hold single hostile answers; here are the forms that
 * multiply.
 */
import assert from "node:assert/strict";
import { finPacket, PacketType, reqPacket } from "../../buildkit/fsync/packet.ts";
import { readPacket } from "../../buildkit/fsync/packet_reader.ts";
import { Mode } from "../../buildkit/fsync/packet.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import type { Metadata } from "../../buildkit/grpc/metadata.ts";
import { CredentialsRequest, FetchTokenRequest } from "../../proto/gen/auth.ts";
import { ReadContentRequest } from "../../proto/gen/content.ts";
import { HealthCheckRequest } from "../../proto/gen/health.ts";
import type { FakeBuild, Script } from "../fake_buildkitd.ts";
import {
  dataPacket,
  exportTree,
  openExport,
  openImport,
  statPacket,
} from "../fake_buildkitd/files.ts";
import type { FakeSession } from "../fake_buildkitd/session.ts";
import { buildAgainst, refusal, toFolder } from "../faults/against_fake.ts";
import { errorLines } from "../harness/inside.ts";

interface Attack {
  readonly name: string;
  readonly script: Script;
  readonly args?: (folder: string) => string[];
  readonly prepare?: (folder: string) => Promise<void>;
  /** The expected text of the error; absent, the build succeeds all the same. */
  readonly error?: RegExp;
  /** A line that the progress must contain. */
  readonly says?: RegExp;
  /** The script's signal that stands for the first Ctrl-C. */
  readonly interrupt?: AbortController;
}

/** Milliseconds after which an attack counts as a hang, also on a busy machine. */
const LATEST = 60_000;
const dir = Mode.dir + 0o755;
const FILESYNC = "/moby.filesync.v1.FileSync/DiffCopy";

/** Calls a method of the session with one message, and gives the error that it must end with. */
async function refused(
  session: FakeSession,
  path: string,
  message = new Uint8Array(0),
  metadata: Metadata = [],
): Promise<RpcError> {
  const call = session.call(path, metadata);
  call.send(message);
  call.endSend();
  const error = await refusal(call.receive(() => {}));
  assert.ok(error instanceof RpcError, String(error));
  return error;
}

/** Lists a folder by these headers: the paths that came. Files are not asked for. */
async function listed(session: FakeSession, metadata: Metadata): Promise<string[]> {
  const call = session.call(FILESYNC, [["dir-name", "context"], ...metadata]);
  const paths: string[] = [];
  await call.receive((message) => {
    const { type, stat, data } = readPacket(message);
    if (type === PacketType.err) throw new Error(new TextDecoder().decode(data));
    if (type === PacketType.stat && stat) paths.push(new TextDecoder().decode(stat.path));
    else if (type === PacketType.stat) call.send(finPacket);
    else if (type === PacketType.fin) call.endSend();
  });
  return paths;
}

const slowPatterns = [
  `${"*?".repeat(300)}!`,
  `${"**/".repeat(40)}b`,
  `${"*a".repeat(300)}b`,
  `${"[^x]*".repeat(40)}x`,
  `${"a**".repeat(200)}b`,
  `${"[ab]{0,500}".repeat(20)}c`,
  `*${"|*a".repeat(500)}|c`,
  `[${"[:".repeat(5000)}a]c`,
];

/** A folder with names and paths on which backtracking would take for ever. */
async function longNames(folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/context/${"a".repeat(250)}`, "");
  await Deno.mkdir(`${folder}/context/${"a/".repeat(200)}`, { recursive: true });
}

const fileSync: Attack[] = [
  ...["exclude-patterns", "include-patterns"].map((key): Attack => ({
    name: `${key} that backtrack`,
    prepare: longNames,
    async script(build) {
      const session = await build.session();
      for (const pattern of slowPatterns) await listed(session, [[key, pattern]]);
      await listed(session, slowPatterns.map((pattern): [string, string] => [key, pattern]));
    },
  })),
  {
    name: "a thousand patterns",
    prepare: longNames,
    async script(build) {
      const rules = Array.from({ length: 1000 }, (_, i): [string, string] => [
        "exclude-patterns",
        `**/*${i}*x*y`,
      ]);
      await listed(await build.session(), rules);
    },
  },
  {
    name: "repetitions that multiply",
    async script(build) {
      const rules = Array.from({ length: 400 }, (): [string, string] => [
        "exclude-patterns",
        "[a-z]{1000}",
      ]);
      throw await refusal(listed(await build.session(), rules));
    },
    error: /it repeats too much/,
  },
  {
    name: "invalid escapes in encoded patterns",
    async script(build) {
      throw await refusal(listed(await build.session(), [
        ["exclude-patterns", "%zz%"],
        ["exclude-patterns-encoded", "1"],
      ]));
    },
    error: /cannot decode exclude-patterns/,
  },
  {
    name: "a million requests for one file",
    async script(build) {
      const call = openImport(await build.session(), { directory: "context" });
      const over = refusal(call.receive(() => {}));
      let ended = false;
      over.then(() => ended = true);
      for (let i = 0; i < 1_000_000 && !ended; i++) {
        call.send(reqPacket(0));
        if (i % 10_000 === 0) await call.drained(1 << 20).catch(() => {});
      }
      throw await over;
    },
    error: /asked for entry 0, which was not offered/,
  },
  ...([
    ["FIN first", [finPacket], undefined],
    ["content from the receiver", [dataPacket(0, new Uint8Array(10))], undefined],
    ["a listing from the receiver", [statPacket({ path: "../evil" })], undefined],
    ["a packet of no type", [new Uint8Array([0x08, 99])], undefined],
    [
      "a request without an id",
      [new Uint8Array([0x08, 1, 0x18, 0xff, 0xff, 0xff, 0xff, 0x0f])],
      /entry 4294967295/,
    ],
    [
      "bytes that are no packet",
      [new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0x7f])],
      /malformed|cannot read/,
    ],
    ["a message of 17 MiB", [new Uint8Array(17 << 20)], /exceed the limit/],
  ] as [string, Uint8Array[], RegExp | undefined][]).map(([name, packets, error]): Attack => ({
    name: `file sync: ${name}`,
    async script(build) {
      const call = openImport(await build.session(), { directory: "context" });
      for (const packet of packets) call.send(packet);
      if (error !== undefined) throw await refusal(call.receive(() => {}));
      call.endSend();
      await call.receive(() => {}).catch(() => {});
    },
    ...error !== undefined && { error },
  })),
  {
    name: "hundreds of transfers that nobody reads",
    async script(build) {
      const session = await build.session();
      for (let i = 0; i < 200; i++) openImport(session, { directory: "context" });
      await new Promise((resolve) => setTimeout(resolve, 200));
    },
  },
  {
    name: "transfers that nobody reads wait for each other",
    async script(build) {
      const session = await build.session();
      const calls = Array.from(
        { length: 100 },
        () => openImport(session, { directory: "context" }),
      );
      let begun = 0;
      for (const call of calls) call.headers.then(() => begun++, () => {});
      await Promise.all(calls.slice(0, 32).map(({ headers }) => headers));
      for (let i = 0; i < 10; i++) await check(session);
      assert.equal(begun, 32);
      calls[40]!.cancel();
      calls[0]!.cancel();
      await calls[32]!.headers;
      for (let i = 0; i < 10; i++) await check(session);
      assert.equal(begun, 33);
      // Each of the others gets its turn once those before it are over.
      calls.slice(0, 68).forEach((call) => call.cancel());
      await Promise.all(calls.slice(68).map(({ headers }) => headers));
    },
  },
  {
    name: "a thousand transfers at once",
    async script(build) {
      const session = await build.session();
      for (let i = 0; i < 10; i++) {
        await Promise.all(Array.from({ length: 100 }, () => listed(session, [])));
      }
    },
  },
  {
    name: "the old way",
    async script(build) {
      throw await refused(await build.session(), "/moby.filesync.v1.FileSync/TarStream");
    },
    error: /files are sent by DiffCopy only/,
  },
];

/** STATs of an output that exceed the limits of a stat. */
const absurd: [
  name: string,
  entries: Parameters<typeof exportTree>[1],
  error: RegExp | undefined,
][] = [
  ["a name of 300 bytes", [{ path: "n".repeat(300) }], /file name too long/],
  [
    "a path of 5,000 bytes",
    [{ path: `${"d".repeat(200)}/`.repeat(25) + "x" }],
    /out of order|too long/,
  ],
  ["a link to itself", [{ path: "l", mode: Mode.symlink + 0o777, linkname: "l" }], undefined],
  [
    "a link of 5,000 bytes",
    [{ path: "l", mode: Mode.symlink + 0o777, linkname: "x".repeat(5000) }],
    /too long/,
  ],
  ["a device", [{ path: "d", mode: Mode.device + Mode.charDevice + 0o666 }], undefined],
  ["all bits of a mode", [{ path: "m", mode: 0xffffffff }], /mode/],
  ["a socket", [{ path: "s", mode: Mode.socket + 0o666 }], /mode|"s"/],
  [
    "folders without end",
    Array.from({ length: 500 }, (_, i) => ({ path: "d/".repeat(i) + "d", mode: dir })),
    undefined,
  ],
];

const fileSend: Attack[] = [
  ...absurd.map(([name, entries, error]): Attack => ({
    name: `an output of ${name}`,
    args: toFolder,
    async script(build) {
      const sent = exportTree(await build.session(), entries);
      if (error === undefined) await sent.catch(() => {});
      else throw await refusal(sent);
    },
    ...error !== undefined && { error },
  })),
  ...[undefined, new AbortController()].map((interrupt): Attack => ({
    name: `a write error that the daemon doesn't hear of${interrupt ? ", and Ctrl-C" : ""}`,
    args: toFolder,
    async script(build) {
      const call = openExport(await build.session());
      call.send(statPacket({ path: "n".repeat(300), mode: dir }));
      call.receive(() => {}).catch(() => {});
      if (interrupt) setTimeout(() => interrupt.abort(new DOMException("x", "AbortError")), 500);
      for (let i = 0; !build.signal.aborted; i++) {
        call.send(statPacket({ path: `o${String(i).padStart(9, "0")}` }));
        if (i % 100 === 0) await call.drained(64 << 10).catch(() => {});
        if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise(() => {});
    },
    error: /file name too long/,
    ...interrupt && { interrupt },
  })),
];

/** A login in config.json for a registry that no build here names. */
const withLogin = async (folder: string): Promise<void> => {
  await Deno.mkdir(`${folder}/.docker`);
  const auths = { "reg.invalid": { auth: btoa("me:hunter2") } };
  await Deno.writeTextFile(`${folder}/.docker/config.json`, JSON.stringify({ auths }));
};

/** The bytes of the answer to Credentials. */
async function credentials(session: FakeSession, Host: string): Promise<number> {
  const call = session.call("/moby.filesync.v1.Auth/Credentials");
  call.send(CredentialsRequest.encode({ Host }).finish());
  call.endSend();
  let bytes = 0;
  await call.receive((message) => void (bytes += message.length)).catch(() => {});
  return bytes;
}

const logins: Attack[] = [
  ...([
    [[], true, /\[auth\] sharing credentials for reg\.invalid/],
    [["--registry-logins", "named"], false, /WARNING: the builder got no login for reg\.invalid/],
    [["--registry-logins", "none"], false, /WARNING: the builder got no login for reg\.invalid/],
    [["--registry-logins", "reg.invalid"], true, /\[auth\] sharing credentials for reg\.invalid/],
  ] as [string[], boolean, RegExp][]).map(([flags, gets, says]): Attack => ({
    name: `a login that the build doesn't need, ${flags.join(" ")}`,
    args: () => flags,
    prepare: withLogin,
    async script(build) {
      assert.equal(await credentials(await build.session(), "reg.invalid") > 0, gets);
    },
    says,
  })),
  ...["", "a\r[auth] all is well", "a b", "evil.example", "x".repeat(100_000)].map((
    Host,
  ): Attack => ({
    name: `the login of ${JSON.stringify(Host.slice(0, 30))}`,
    async script(build) {
      assert.equal(await credentials(await build.session(), Host), 0, "a login that doesn't exist");
    },
  })),
  ...["http://evil.example/t", "file:///etc/passwd", "https://127.0.0.1:1/", "x".repeat(100_000)]
    .map(
      (Realm): Attack => ({
        name: `a token from ${Realm.slice(0, 30)}`,
        prepare: withLogin,
        async script(build) {
          const request = {
            Host: "reg.invalid",
            Realm,
            ClientID: "",
            Service: "",
            Scopes: ["a\r\nb"],
          };
          throw await refused(
            await build.session(),
            "/moby.filesync.v1.Auth/FetchToken",
            FetchTokenRequest.encode(request).finish(),
          );
        },
        error: /cannot get a token for reg\.invalid/,
      }),
    ),
];

const others: Attack[] = [
  {
    name: "ssh keys that were never offered",
    async script(build) {
      const session = await build.session();
      for (const id of ["default", "../x", ""]) {
        const metadata: Metadata = [["buildkit.ssh.id", id]];
        await refused(session, "/moby.sshforward.v1.SSH/ForwardAgent", undefined, metadata);
      }
    },
  },
  {
    name: "blobs of stores that were never offered, and digests that leave the store",
    args: (folder) => ["--cache-from", `type=local,src=${folder}/cache`],
    prepare: async (folder) => {
      await Deno.mkdir(`${folder}/cache/blobs/sha256`, { recursive: true });
      const hex = "0".repeat(64);
      await Deno.symlink("../../../outside/victim", `${folder}/cache/blobs/sha256/${hex}`);
      const index = {
        schemaVersion: 2,
        manifests: [{ digest: `sha256:${hex}`, size: 1, mediaType: "x" }],
      };
      await Deno.writeTextFile(`${folder}/cache/index.json`, JSON.stringify(index));
    },
    async script(build) {
      const session = await build.session();
      const read = "/containerd.services.content.v1.Content/Read";
      const store = build.request.Cache?.Imports[0]?.Attrs["store"];
      const folder = build.request.Cache?.Imports[0]?.Attrs["src"] ?? store;
      const digests = [
        "sha256:../../../outside/victim",
        `sha256:${"0".repeat(64)}`,
        "",
        "../victim",
      ];
      for (const id of [`local:${folder}`, "local:/etc", "export", ""]) {
        for (const digest of digests) {
          const message = ReadContentRequest.encode({ digest, offset: 0n, size: 0n }).finish();
          await refused(session, read, message, [["buildkit-attachable-store-id", id]]);
        }
      }
    },
  },
  {
    name: "a flood of health checks",
    async script(build) {
      const session = await build.session();
      for (let i = 0; i < 100; i++) {
        await Promise.all(Array.from({ length: 100 }, () => check(session)));
      }
    },
  },
  {
    name: "health checks that are cancelled at once",
    async script(build) {
      const session = await build.session();
      for (let i = 0; i < 100_000 && !build.signal.aborted; i++) {
        session.call("/grpc.health.v1.Health/Check").cancel();
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await new Promise(() => {});
    },
    error: /too many streams reset|broke the session|lost/,
  },
];

async function check(session: FakeSession): Promise<void> {
  const call = session.call("/grpc.health.v1.Health/Check");
  call.send(HealthCheckRequest.encode({ service: "" }).finish());
  call.endSend();
  await call.receive(() => {});
}

const digest = (i: number) => `sha256:${i.toString(16).padStart(64, "0")}`;
const at = (seconds: number) => ({ seconds: BigInt(seconds), nanos: 0 });

const progress: Attack[] = [
  {
    name: "32,000 runs of one step",
    script(build) {
      for (let i = 0; i < 320; i++) {
        build.status({
          vertexes: Array.from({ length: 100 }, (_, j) => ({
            digest: digest(1),
            name: "again",
            started: at(1000 + i * 100 + j),
            completed: at(1001 + i * 100 + j),
          })),
        });
      }
      return Promise.resolve();
    },
  },
  {
    name: "300,000 steps",
    script(build) {
      for (let i = 0; i < 300; i++) {
        build.status({
          vertexes: Array.from({ length: 1000 }, (_, j) => ({
            digest: digest(i * 1000 + j),
            name: `step ${i * 1000 + j}`,
          })),
        });
      }
      return Promise.resolve();
    },
  },
  {
    name: "times and names without sense",
    script(build) {
      const far = { seconds: 2n ** 62n, nanos: 2 ** 31 - 1 };
      const before = { seconds: -(2n ** 62n), nanos: -1 };
      for (const name of ["", "\x1b[2J\r[auth] x", "x".repeat(1 << 20), "\n\n\n", "\u202e\0"]) {
        build.status({
          vertexes: [{
            digest: digest(name.length),
            name,
            started: far,
            completed: before,
            error: name,
          }],
          logs: [{ vertex: digest(7), msg: new Uint8Array(1 << 20).fill(0x1b), stream: 99n }],
        });
      }
      return Promise.resolve();
    },
  },
  {
    name: "a log of 64 MiB",
    async script(build: FakeBuild) {
      build.status({ vertexes: [{ digest: digest(1), name: "talks", started: at(1) }] });
      const msg = new Uint8Array(1 << 20).fill(0x61);
      for (let i = 0; i < 64; i++) {
        build.status({ logs: [{ vertex: digest(1), msg, stream: 1n }] });
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
  },
  {
    name: "answers without sense",
    script: () =>
      Promise.resolve(Object.fromEntries(
        ["containerimage.digest", "containerimage.descriptor", "image.name", "x\n\r\x1b"].map((
          key,
        ) => [
          key,
          `{${"[".repeat(100_000)}`,
        ]),
      )),
  },
  {
    name: "an error of 1 MiB",
    script: () => Promise.reject(new Error(`${"\x1b]0;x\x07\r[auth] x\n".repeat(50_000)}`)),
    error: /./,
  },
];

for (const attack of [...fileSync, ...fileSend, ...logins, ...others, ...progress]) {
  const { name, script, args, prepare, error, says, interrupt } = attack;
  Deno.test(`hostile daemon: ${name}`, async () => {
    const ended = await buildAgainst(script, {
      latest: LATEST,
      ...args && { args },
      ...prepare && { prepare },
      ...interrupt && { signal: interrupt.signal },
    });
    if (error === undefined) assert.equal(ended.code, 0, ended.stderr.slice(0, 2000));
    else {
      assert.ok(ended.code > 0, ended.stderr.slice(0, 2000));
      const [line = ""] = errorLines(ended);
      assert.match(line.slice(0, 100_000), error);
    }
    if (says !== undefined) assert.match(ended.stderr, says);
  });
}
