import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { removedLater } from "../../../tests/harness/remove_folder.ts";
import { createHmac, createPublicKey, verify } from "node:crypto";
import { tokenAuthority } from "./token_authority.ts";
import { tokenSeeds } from "./token_seed.ts";

const salt = new Uint8Array(32).fill(5);
const payload = new TextEncoder().encode("payload");

Deno.test("keys are Ed25519 over HMAC-SHA256 of salt and seed, as node:crypto has them", async () => {
  const seed = new Uint8Array(16).fill(9);
  const authority = tokenAuthority(() => Promise.resolve(seed));
  for (const secret of [true, false]) {
    const key = await authority.publicKey("host", salt, secret);
    const signed = await authority.sign("host", salt, payload, secret);
    equal(key.length, 32);
    deepEqual(signed.subarray(64), payload);
    const public_ = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: key.toBase64({ alphabet: "base64url" }) },
      format: "jwk",
    });
    equal(verify(null, payload, public_, signed.subarray(0, 64)), true);
  }
  // The same key from node's HMAC: seeds and keys are docker's, byte for byte.
  const expected = createHmac("sha256", salt).update(seed).digest();
  const prefix = Uint8Array.fromHex("302e020100300506032b657004220420");
  const der = new Uint8Array([...prefix, ...expected]);
  const key = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  deepEqual(
    await authority.publicKey("host", salt, true),
    Uint8Array.fromBase64(x!, { alphabet: "base64url" }),
  );
  equal((await authority.publicKey("host", new Uint8Array(0), true)).length, 32);
});

Deno.test("seeds are kept with docker's, and survive a broken file", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  const config = `${dir}/docker`;
  const first = tokenSeeds(config);
  const [a, b] = await Promise.all([first("a"), first("b")]);
  notDeepEqual(a, b);
  const again = tokenSeeds(config);
  deepEqual([await again("a"), await again("b")], [a, b]);
  equal((await Deno.stat(`${config}/.token_seed`)).mode! & 0o777, 0o600);
  const kept = JSON.parse(await Deno.readTextFile(`${config}/.token_seed`));
  deepEqual(kept, { a: { Seed: a.toBase64() }, b: { Seed: b.toBase64() } });

  await Deno.writeTextFile(`${config}/.token_seed`, '{"a":{"See');
  const fresh = await tokenSeeds(config)("a");
  equal(fresh.length, 16);
  deepEqual(await tokenSeeds(config)("a"), fresh);
  const names = [...Deno.readDirSync(config)].map(({ name }) => name).sort();
  deepEqual(names, [".token_seed", ".token_seed.lock"]);
});

Deno.test("where nothing can be kept, a seed holds for this process", async () => {
  for (const directory of [undefined, "/proc/nowhere", "/dev/null/x"]) {
    const seeds = tokenSeeds(directory);
    deepEqual(await seeds("a"), await seeds("a"));
    notDeepEqual(await seeds("a"), await tokenSeeds(directory)("a"));
  }
});
