/**
 * A hostile ssh server. Up to the exchange of keys it is a stand-in on raw sockets; behind that it
 * is the server of ssh2, of which some answers are replaced.
 */
import assert from "node:assert/strict";
import ssh2 from "ssh2";
import { check } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { abortable, attacked, campaign } from "./attack.ts";
import { type RawConn, rawServer } from "./raw_server.ts";

const ignore = skip(await missing("ssh-keygen"));
const home = await Deno.makeTempDir({ prefix: "fl-attacks-ssh-" });
addEventListener("unload", () => Deno.removeSync(home, { recursive: true }));
// A connection waits 300 ms for the next dial, and the stand-in writes on for a moment.
const loose = { ignore, sanitizeOps: false, sanitizeResources: false };

const key = `${home}/key`;
const hostKey = `${home}/host`;
if (!ignore) {
  await Deno.mkdir(`${home}/.ssh`);
  for (const path of [key, hostKey]) {
    await check("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
  }
}

/** An endpoint that knows the host's key. */
async function endpointOf(port: number): Promise<string> {
  const knownHosts = `${home}/known-${port}`;
  const [type, base64] = (await Deno.readTextFile(`${hostKey}.pub`)).split(" ");
  await Deno.writeTextFile(knownHosts, `[127.0.0.1]:${port} ${type} ${base64}\n`);
  return `ssh://root@127.0.0.1:${port}/run/s?identity=${key}&knownHosts=${knownHosts}`;
}
const env = { HOME: home, PATH: "/usr/bin:/bin" };

type Answer = (conn: RawConn) => Promise<void>;
const VERSION = "SSH-2.0-hostile\r\n";

/** A packet before the exchange of keys (RFC 4253, section 6). */
function packet(...payload: number[]): Uint8Array {
  const padding = 8 - (payload.length + 5) % 8 + 8;
  const length = payload.length + 1 + padding;
  return Uint8Array.from([
    ...[length >>> 24, length >>> 16 & 255, length >>> 8 & 255, length & 255, padding],
    ...payload,
    ...new Uint8Array(padding),
  ]);
}
const uint32 = (
  value: number,
) => [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
const string = (value: string) => [...uint32(value.length), ...new TextEncoder().encode(value)];
const lists = (...values: string[]) => values.flatMap(string);
const KEX = "curve25519-sha256";
const kexInit = (kex: string, host = "ssh-ed25519", cipher = "aes128-ctr", mac = "hmac-sha2-256") =>
  packet(
    20,
    ...new Array(16).fill(7),
    ...lists(kex, host, cipher, cipher, mac, mac, "none", "none", "", ""),
    0,
    ...uint32(0),
  );
const after = (answer: Answer): Answer => async (conn) => {
  await conn.send(VERSION);
  await answer(conn);
};
const once = (...data: Uint8Array[]): Answer => async (conn) => {
  for (const each of data) await conn.send(each);
};
const exchanged = (...data: Uint8Array[]): Answer =>
  after(async (conn) => {
    await once(kexInit(KEX), ...data)(conn);
    await conn.hang();
  });

const early: [title: string, answer: Answer][] = [
  ["silence", (conn) => conn.hang()],
  ["the end", () => Promise.resolve()],
  ["half a version", async (conn) => {
    await conn.send("SSH-2.");
    await conn.hang();
  }],
  ["a version without an end", async (conn) => {
    await conn.send("SSH-2.0-");
    await conn.flood("x");
  }],
  ["lines before the version without an end", (conn) => conn.flood("Hello!\r\n")],
  ["a line before the version without an end", (conn) => conn.flood("x")],
  ["zeros without an end", (conn) => conn.flood(new Uint8Array(1024))],
  ["version 1", (conn) => conn.send("SSH-1.5-old\r\n")],
  ["version 3", (conn) => conn.send("SSH-3.0-new\r\n")],
  ["HTTP", (conn) => conn.send("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["TLS", (conn) => conn.send(Uint8Array.of(21, 3, 3, 0, 2, 2, 40))],
  ["the version and silence", after((conn) => conn.hang())],
  ["the version and the end", after(() => Promise.resolve())],
  ["the version and garbage", after((conn) => conn.flood("garbage "))],
  ["a packet of no bytes", after(once(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0)))],
  [
    "a packet of 4 GiB",
    after(async (conn) => {
      await conn.send(Uint8Array.of(255, 255, 255, 255, 4));
      await conn.flood(new Uint8Array(1024));
    }),
  ],
  [
    "a packet that is all padding",
    after(once(Uint8Array.of(0, 0, 0, 12, 255, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))),
  ],
  [
    "half a packet",
    after(async (conn) => {
      await conn.send(kexInit(KEX).subarray(0, 40));
      await conn.hang();
    }),
  ],
  ["no algorithm in common", exchanged()],
  [
    "a key exchange that is none",
    after(async (conn) => {
      await conn.send(kexInit("none"));
      await conn.hang();
    }),
  ],
  [
    "ciphers that are none",
    after(async (conn) => {
      await conn.send(kexInit(KEX, "ssh-ed25519", "none", "none"));
      await conn.hang();
    }),
  ],
  ["a KEXINIT that is cut off", after(once(packet(20, 1, 2, 3)))],
  [
    "a KEXINIT whose list says 4 GiB",
    after(once(packet(20, ...new Array(16).fill(1), 255, 255, 255, 255))),
  ],
  [
    "a KEXINIT of 30 KB of names",
    after(async (conn) => {
      await conn.send(kexInit("x,".repeat(15_000)));
      await conn.hang();
    }),
  ],
  ["KEXINIT without an end", after((conn) => conn.flood(kexInit(KEX)))],
  ["IGNORE without an end", after((conn) => conn.flood(packet(2, ...string("x".repeat(100)))))],
  [
    "DEBUG without an end",
    after((conn) => conn.flood(packet(4, 1, ...string("x".repeat(100)), ...string("")))),
  ],
  ["UNIMPLEMENTED without an end", after((conn) => conn.flood(packet(3, ...uint32(0))))],
  [
    "a DISCONNECT with escapes",
    after(once(packet(1, ...uint32(2), ...string("\x1b]0;title\x07bye"), ...string("")))),
  ],
  ["a DISCONNECT that is cut off", after(once(packet(1, 0, 0)))],
  ["NEWKEYS at once", exchanged(packet(21))],
  ["a login's success at once", exchanged(packet(52))],
  ["an unknown message", exchanged(packet(250))],
  ["an empty message", exchanged(packet())],
  [
    "an answer of garbage to the exchange",
    exchanged(packet(31, ...string("key"), ...string("point"), ...string("sig"))),
  ],
  ["an answer that is cut off", exchanged(packet(31, 0, 0, 1))],
  [
    "a host key of no bytes",
    exchanged(packet(31, ...string(""), ...string("x".repeat(32)), ...string("sig"))),
  ],
  [
    "a host key of three bytes",
    exchanged(packet(31, ...string("abc"), ...string("x".repeat(32)), ...string("sig"))),
  ],
  [
    "a host key that is not the one it names",
    exchanged(
      packet(
        31,
        ...string(`\0\0\0\x0bssh-ed25519\0\0\0\x20${"k".repeat(32)}`),
        ...string("x".repeat(32)),
        ...string("sig"),
      ),
    ),
  ],
];

Deno.test(
  { ...loose, name: "attack: ssh server, before the login" },
  () =>
    campaign(early, async ([title, answer]) => {
      await using server = rawServer(async (conn) => {
        void conn.heard().catch(() => {});
        await answer(conn);
      });
      await attacked({ title, endpoint: await endpointOf(server.port), env });
    }),
);

/** The protocol of ssh2's server, for packets that ssh2 itself would not send. */
// deno-lint-ignore no-explicit-any
type Session = any;

interface Late {
  readonly title: string;
  /** @param client the server's side of a connection */
  readonly serve: (client: Session) => void;
  readonly expected?: RegExp;
}

const letIn = (client: Session) => client.on("authentication", (auth: Session) => auth.accept());
const flooding = (client: Session, send: () => void) => {
  const timer = setInterval(() => {
    try {
      for (let i = 0; i < 2000; i++) send();
    } catch {
      clearInterval(timer);
    }
  }, 0);
  for (const event of ["close", "end", "error"]) client.on(event, () => clearInterval(timer));
};
/** Accepts any login, and opens every requested channel. */
const opened = (use: (channel: Session, client: Session) => void) => (client: Session) => {
  letIn(client);
  client.on("ready", () => {
    client.on("openssh.streamlocal", (accept: Session) => use(accept(), client));
    client.on("session", (accept: Session) => {
      accept().on("exec", (accept: Session) => use(accept(), client));
    });
  });
};

const late: Late[] = [
  {
    title: "a login that is never answered",
    serve: (client) => client.on("authentication", () => {}),
  },
  {
    title: "a login that is refused for ever",
    serve: (client) => client.on("authentication", (auth: Session) => auth.reject(["publickey"])),
    expected: /refused user root/,
  },
  {
    title: "a login that is always a part of what is wanted",
    serve: (client) =>
      client.on("authentication", (auth: Session) => auth.reject(["publickey"], true)),
    expected: /accepted a key of user root, but also asks for publickey/,
  },
  {
    title: "methods of 30 KB",
    serve: (client) =>
      client.on("authentication", (auth: Session) => auth.reject(["x".repeat(30_000)])),
  },
  {
    title: "banners without an end",
    serve: (client) =>
      client.on(
        "authentication",
        () => flooding(client, () => client._protocol.sendBanner?.("x".repeat(1000))),
      ),
  },
  {
    title: "the end in the login",
    serve: (client) => client.on("authentication", () => client.end()),
  },
  { title: "channels of a kind that it doesn't serve", serve: letIn },
  {
    title: "a channel that is never opened",
    serve: (client) => {
      letIn(client);
      client.on("openssh.streamlocal", () => {});
    },
  },
  {
    title: "channels that are refused",
    serve: (client) => {
      letIn(client);
      client.on("openssh.streamlocal", (_accept: Session, reject: Session) => reject());
      client.on("session", (_accept: Session, reject: Session) => reject());
    },
  },
  { title: "a channel that ends at once", serve: opened((channel) => channel.end()) },
  { title: "a channel that says nothing", serve: opened(() => {}) },
  {
    title: "a channel that says garbage",
    serve: opened((channel) => channel.write("garbage ".repeat(100))),
  },
  {
    title: "a channel that is flooded past its window",
    serve: opened((channel, client) =>
      flooding(
        client,
        () => client._protocol.channelData(channel.outgoing.id, new Uint8Array(1000)),
      )
    ),
  },
  {
    title: "windows without an end",
    serve: opened((channel, client) =>
      flooding(client, () => client._protocol.channelWindowAdjust(channel.outgoing.id, 0xffffffff))
    ),
  },
  {
    title: "data for a channel that isn't there",
    serve: opened((_channel, client) =>
      flooding(client, () => client._protocol.channelData(77, new Uint8Array(100)))
    ),
  },
  {
    title: "stderr without an end",
    serve: (client) => {
      letIn(client);
      client.on("openssh.streamlocal", (_accept: Session, reject: Session) => reject());
      client.on("session", (accept: Session) => {
        accept().on("exec", (accept: Session) => {
          const channel = accept();
          flooding(
            client,
            () =>
              client._protocol.channelExtData(
                channel.outgoing.id,
                new Uint8Array(1000).fill(120),
                1,
              ),
          );
        });
      });
    },
  },
  {
    title: "a program that ends with a code and escapes",
    serve: (client) => {
      letIn(client);
      client.on("openssh.streamlocal", (_accept: Session, reject: Session) => reject());
      client.on("session", (accept: Session) => {
        accept().on("exec", (accept: Session) => {
          const channel = accept();
          channel.stderr.write("\x1b]0;title\x07no such thing\n");
          channel.exit(3);
          channel.close();
        });
      });
    },
    expected: /failed with exit code 3/,
  },
  {
    title: "global requests without an end",
    serve: (client) => {
      letIn(client);
      client.on(
        "ready",
        () =>
          flooding(
            client,
            () => client._protocol.openssh_hostKeysProve?.([]) ?? client._protocol.ping(),
          ),
      );
    },
  },
  {
    title: "IGNORE without an end, behind the login",
    serve: (client) => {
      letIn(client);
      client.on("ready", () =>
        flooding(client, () => {
          const { write } = client._protocol._packetRW;
          const packet = write.alloc(5);
          packet.fill(0, write.allocStart, write.allocStart + 5);
          packet[write.allocStart] = 2;
          client._protocol._cipher.encrypt(write.finalize(packet));
        }));
    },
  },
  {
    title: "keys exchanged again and again",
    serve: opened((_channel, client) => {
      const again = setInterval(() => {
        try {
          client.rekey();
        } catch {
          clearInterval(again);
        }
      }, 1);
      client.on("close", () => clearInterval(again));
    }),
  },
  {
    title: "the end behind the login",
    serve: (client) => {
      letIn(client);
      client.on("ready", () => client.end());
    },
  },
];

async function startServer(serve: Late["serve"]) {
  // deno-lint-ignore no-explicit-any
  const { Server } = ssh2 as any;
  const clients = new Set<Session>();
  const server = new Server({ hostKeys: [await Deno.readTextFile(hostKey)] }, (client: Session) => {
    clients.add(client);
    client.on("error", () => {});
    client.on("close", () => clients.delete(client));
    serve(client);
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(server.address().port))
  );
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client._sock.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Server and client share a thread, so no other case would be in time during a flood. */
const floods = late.filter(({ serve }) => /flooding|rekey/.test(String(serve)));
const others = late.filter((attack) => !floods.includes(attack));
for (const [what, attacks, width] of [["words", others, 4], ["floods", floods, 1]] as const) {
  Deno.test(
    { ...loose, name: `attack: ssh server, from the login on, ${what}` },
    () =>
      campaign(attacks, async ({ title, serve, expected }) => {
        await using server = await startServer(serve);
        await attacked({
          title,
          endpoint: await endpointOf(server.port),
          env,
          ...expected && { expected },
        });
      }, width),
  );
}

Deno.test(
  { ...loose, name: "attack: ssh server, another host key than the known one" },
  async () => {
    await using server = await startServer(letIn);
    const endpoint = await endpointOf(server.port);
    const knownHosts = `${home}/known-${server.port}`;
    const other = (await Deno.readTextFile(`${key}.pub`)).split(" ").slice(0, 2).join(" ");
    await Deno.writeTextFile(knownHosts, `[127.0.0.1]:${server.port} ${other}\n`);
    await attacked({ title: "another key", endpoint, env, expected: /has changed/ });
  },
);

Deno.test({ ...loose, name: "abort: ssh server, at each step" }, async () => {
  const stalls: [string, Answer][] = early.filter(([title]) =>
    /silence|half|hang|KEXINIT of 30/.test(title)
  );
  for (const [title, answer] of stalls) {
    await using server = rawServer(async (conn) => {
      void conn.heard().catch(() => {});
      await answer(conn);
    });
    await abortable({ title, endpoint: await endpointOf(server.port), env });
  }
  for (
    const { title, serve } of late.filter(({ title }) => /never|without an end|again/.test(title))
  ) {
    await using server = await startServer(serve);
    await abortable({ title, endpoint: await endpointOf(server.port), env });
  }
  assert(stalls.length > 3);
});
