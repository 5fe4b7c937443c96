/** Checks that ssh2's private fields still exist, and mean what fairlead takes them for. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { Duplex } from "node:stream";
import { loadSsh2, type SshChannel, type SshKey } from "./ssh2.ts";
import {
  carryLogins,
  type ChannelInternals,
  type Internals,
  loginKey,
  offerCertificates,
  SigningFailed,
  silence,
  widenWindow,
} from "./ssh2_internals.ts";
import { stringsOf } from "./keys/wire.ts";

Deno.test("ssh2's private fields are those that fairlead uses", async () => {
  const ssh2 = await loadSsh2();
  const client = new ssh2.Client();
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  client.on("error", () => {});
  client.connect({
    sock: socket,
    username: "root",
    readyTimeout: 0,
    debug() {},
    algorithms: { serverHostKey: ["ssh-ed25519"] },
  });
  const protocol = (client as unknown as Internals)._protocol;
  assert.equal(typeof protocol._debug, "function");
  silence(client);
  assert.equal(protocol._debug, undefined);
  assert("_kexinit" in protocol);
  assert("_kex" in protocol);
  assert.equal(typeof protocol._cipher.encrypt, "function");
  const { write } = protocol._packetRW;
  assert.equal(typeof write.allocStart, "number");
  assert.equal(typeof write.alloc, "function");
  assert.equal(typeof write.finalize, "function");

  const { kex, cs, sc } = protocol._offer.lists;
  const before = JSON.stringify([kex.array, cs.cipher.array, sc.mac.array, sc.lang.array]);
  const algorithms = ["ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"];
  offerCertificates(client, algorithms);
  const { lists } = protocol._offer;
  assert.deepEqual(lists.serverHostKey.array, algorithms);
  const after = [lists.kex.array, lists.cs.cipher.array, lists.sc.mac.array, lists.sc.lang.array];
  assert.equal(JSON.stringify(after), before);
  client.destroy();
});

/** The request that ssh2 would sign is intercepted: nothing is sent. */
async function request(sign: () => Promise<Uint8Array>): Promise<Uint8Array | Error> {
  const ssh2 = await loadSsh2();
  const client = new ssh2.Client();
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  client.on("error", () => {});
  client.connect({ sock: socket, username: "root", readyTimeout: 0 });
  const protocol = (client as unknown as Internals)._protocol;
  carryLogins(client);
  protocol._kex = { sessionID: new Uint8Array(32) } as never;
  const { write } = protocol._packetRW;
  const blob = stringsOf(["ssh-ed25519", new Uint8Array(32)]);
  const key = loginKey(ssh2, { blob, algorithm: "ssh-ed25519", sign });
  const { promise, resolve } = Promise.withResolvers<Uint8Array | Error>();
  write.finalize = (packet: Uint8Array) => {
    resolve(packet.slice(write.allocStart));
    throw new Error("not to be sent");
  };
  protocol.authPK("root", key, "ssh-ed25519", () => {
    resolve((key as SshKey & { sign(): Error }).sign());
  });
  addEventListener("unhandledrejection", ignored);
  try {
    return await promise;
  } finally {
    await new Promise((resolve) => setTimeout(resolve));
    removeEventListener("unhandledrejection", ignored);
    client.destroy();
  }
}

function ignored(event: PromiseRejectionEvent): void {
  if (String(event.reason).includes("not to be sent")) event.preventDefault();
}

Deno.test("ssh2 writes a signature of ours into a request as it is", async () => {
  const signature = stringsOf(["a-name-of-its-own", new Uint8Array(70).fill(7)]);
  const packet = await request(() => Promise.resolve(signature));
  assert(packet instanceof Uint8Array);
  // Padding follows.
  assert(packet.toHex().includes(stringsOf([signature]).toHex()));
});

Deno.test("ssh2 gets an error of ours for a signature that fails", async () => {
  const failure = await request(() => Promise.reject(new Error("the agent refused")));
  assert(failure instanceof SigningFailed);
});

const MIB = 1 << 20;

Deno.test("ssh2 gives back exactly what came through a widened window", () => {
  // The function of ssh2 that grants the server more.
  const { windowAdjust, MAX_WINDOW, WINDOW_THRESHOLD } = createRequire(import.meta.url)(
    "ssh2/lib/Channel.js",
  );
  let granted = MAX_WINDOW;
  const channel: ChannelInternals = {
    incoming: { window: MAX_WINDOW },
    outgoing: { id: 3 },
    _client: {
      _protocol: {
        channelWindowAdjust(id, bytes) {
          assert.equal(id, 3);
          granted += bytes;
        },
      },
    },
  };
  widenWindow(channel as unknown as SshChannel);
  assert.equal(granted, 16 * MIB);
  let came = 0;
  const receive = (bytes: number, isRead: boolean) => {
    assert.notEqual(channel.incoming.window, 0, "ssh2 would drop the data");
    came += bytes;
    assert.ok(came <= granted);
    channel.incoming.window -= bytes;
    if (isRead && channel.incoming.window <= WINDOW_THRESHOLD) windowAdjust(channel);
  };
  // A quick reader.
  for (let at = 0; at < 1000; at++) receive(32_768, true);
  const ahead = granted - came;
  assert.ok(ahead > 14 * MIB && ahead <= 16 * MIB, `${ahead}`);
  // A reader that reads nothing, until the server may send no more; then it reads everything.
  while (granted > came) receive(Math.min(32_768, granted - came), false);
  for (let at = 0; at < 10; at++) windowAdjust(channel);
  assert.equal(granted - came, 16 * MIB);
});
