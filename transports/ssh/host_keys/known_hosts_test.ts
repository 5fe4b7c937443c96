import assert from "node:assert/strict";
import { fingerprint, keyType } from "../keys/public_key.ts";
import { tempStore } from "../../../tests/commands/temp_store.ts";
import { judge, knownHostName, readKnownHosts } from "./known_hosts.ts";
import { writeNewHost } from "./new_host.ts";

/** A key on the wire: its type, then something. */
function keyOf(type: string, seed: number): Uint8Array {
  const name = new TextEncoder().encode(type);
  const bytes = new Uint8Array(4 + name.length + 8).fill(seed);
  new DataView(bytes.buffer).setUint32(0, name.length);
  bytes.set(name, 4);
  return bytes;
}

const ed = keyOf("ssh-ed25519", 1);
const other = keyOf("ssh-ed25519", 2);
const rsa = keyOf("ssh-rsa", 3);
const line = (key: Uint8Array) => `${keyType(key)} ${key.toBase64()}`;

for (
  const [title, text, key, expected] of [
    ["its key", `box ${line(ed)}`, ed, "known"],
    ["among several names", `a,box,b ${line(ed)} a comment`, ed, "known"],
    ["a pattern", `*,!no ${line(ed)}`, ed, "known"],
    ["a pattern that leaves it out", `*,!box ${line(ed)}`, ed, "unknown"],
    ["another host's", `fox ${line(ed)}`, ed, "unknown"],
    ["the same host at another port", `[box]:2222 ${line(ed)}`, ed, "unknown"],
    ["another key", `box ${line(other)}`, ed, "changed"],
    ["another key and this one", `box ${line(other)}\nbox ${line(ed)}`, ed, "known"],
    ["a key of another type", `box ${line(rsa)}`, ed, "unknown"],
    ["revoked, though known", `box ${line(ed)}\n@revoked * ${line(ed)}`, ed, "revoked"],
    ["another one is revoked", `box ${line(ed)}\n@revoked * ${line(other)}`, ed, "known"],
    ["the authority's key is no host's", `@cert-authority * ${line(ed)}`, ed, "certified"],
    ["an unknown marker", `@future box ${line(ed)}`, ed, "unknown"],
    ["a comment", `# box ${line(ed)}`, ed, "unknown"],
    ["no key", "box ssh-ed25519 ***\nbox\n", ed, "unknown"],
    ["a hash of another kind", `|2|AAAA|AAAA ${line(ed)}`, ed, "unknown"],
  ] as const
) {
  Deno.test(`known_hosts: ${title}: ${expected}`, async () => {
    assert.equal(judge(key, await readKnownHosts(text, "f", "box")).is, expected);
  });
}

Deno.test("known_hosts: names, hashed as OpenSSH hashes them", async () => {
  // |1|salt|HMAC-SHA1(salt, name)
  const salt = new Uint8Array(20).fill(7);
  const usage = { name: "HMAC", hash: "SHA-1" };
  const secret = await crypto.subtle.importKey("raw", salt, usage, false, ["sign"]);
  const name = knownHostName("127.0.0.1", 2222);
  assert.equal(name, "[127.0.0.1]:2222");
  const hash = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(name));
  const text = `|1|${salt.toBase64()}|${new Uint8Array(hash).toBase64()} ${line(ed)}`;
  assert.equal(judge(ed, await readKnownHosts(text, "f", name)).is, "known");
  assert.equal(judge(ed, await readKnownHosts(text, "f", "127.0.0.1")).is, "unknown");
  assert.match(await fingerprint(ed), /^SHA256:[A-Za-z0-9+/]{43}$/);
});

Deno.test("known_hosts: a new host gets a line of its own, and the file keeps its permissions", async () => {
  using temp = tempStore();
  const file = `${temp.path}/known_hosts`;
  temp.write("known_hosts", `box ${line(ed)}`);
  // The file may be /dev/null, whose permissions all programs need.
  Deno.chmodSync(file, 0o606);
  await writeNewHost({ file, name: "Other", key: other, hashed: false });
  assert.equal(Deno.readTextFileSync(file), `box ${line(ed)}\nother ${line(other)}\n`);
  assert.equal(Deno.statSync(file).mode! & 0o777, 0o606);
});
