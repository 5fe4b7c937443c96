/**
 * Keys as ssh-keygen and openssl write them, in each format: the public half is what ssh-keygen
 * says, and ssh-keygen verifies what the key signs (SSHSIG, OpenSSH's PROTOCOL.sshsig).
 */
import assert from "node:assert/strict";
import { joinBytes } from "../../../base/bytes.ts";
import { publicHalf, readPrivateKey } from "./private_key.ts";
import { publicKeyLine } from "./public_key.ts";
import type { SigningKey } from "./signing_key.ts";
import { stringsOf, uint32 } from "./wire.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function run(program: string, args: readonly string[], stdin = ""): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(bytes(stdin));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const texts = [stdout, stderr].map((part) => new TextDecoder().decode(part));
  assert(success, `${program} ${args.join(" ")}: ${texts.join("")}`);
  return texts[0]!;
}

/** Fails unless ssh-keygen takes a signature by this key. */
async function verifies(key: SigningKey, hash: "SHA-256" | "SHA-512"): Promise<void> {
  const message = "to be signed";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes(message)));
  const signed = joinBytes([bytes("SSHSIG"), stringsOf(["test", "", "sha512", digest])]);
  const whole = joinBytes([
    bytes("SSHSIG"),
    uint32(1),
    stringsOf([key.blob, "test", "", "sha512", await key.sign(signed, hash)]),
  ]);
  const folder = await Deno.makeTempDir();
  try {
    const armor =
      `-----BEGIN SSH SIGNATURE-----\n${whole.toBase64()}\n-----END SSH SIGNATURE-----\n`;
    await Deno.writeTextFile(`${folder}/sig`, armor);
    await Deno.writeTextFile(`${folder}/signers`, `me ${publicKeyLine(key.blob)}\n`);
    await run("ssh-keygen", [
      ...["-Y", "verify", "-f", `${folder}/signers`, "-I", "me", "-n", "test"],
      ...["-s", `${folder}/sig`],
    ], message);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function has(program: string): Promise<boolean> {
  return await new Deno.Command(program, { args: ["--help"], stdout: "null", stderr: "null" })
    .output().then(() => true, () => false);
}

const hasTools = await has("ssh-keygen") && await has("openssl");

/** The public half of a file as ssh-keygen writes it, without the comment. */
async function lineOf(file: string, passphrase: string): Promise<string> {
  const line = await run("ssh-keygen", ["-y", "-P", passphrase, "-f", file]);
  return line.trim().split(" ").slice(0, 2).join(" ");
}

for (const type of ["ed25519", "rsa 2048", "ecdsa 256", "ecdsa 384", "ecdsa 521"]) {
  const [kind = "", bits = "256"] = type.split(" ");
  for (const format of ["RFC4716", "PEM", "PKCS8"]) {
    for (const passphrase of ["", "a passphrase"]) {
      const title = `${type} in ${format}${passphrase && " behind a passphrase"}`;
      Deno.test({ name: `private key: ${title}`, ignore: !hasTools }, async () => {
        const folder = await Deno.makeTempDir();
        const file = `${folder}/key`;
        try {
          await run("ssh-keygen", [
            ...["-q", "-t", kind, "-b", bits, "-m", format, "-a", "1"],
            ...["-N", passphrase, "-f", file],
          ]);
          const text = await Deno.readTextFile(file);
          if (passphrase !== "") {
            assert.deepEqual(await readPrivateKey(text), { locked: true });
            assert.deepEqual(await readPrivateKey(text, "another one"), { locked: true });
          }
          const found = await readPrivateKey(text, passphrase);
          assert("key" in found, JSON.stringify(found));
          assert.equal(publicKeyLine(found.key.blob), await lineOf(file, passphrase));
          for (const hash of ["SHA-256", "SHA-512"] as const) await verifies(found.key, hash);
          const half = await publicHalf(text);
          if (half !== undefined) assert.deepEqual([...half], [...found.key.blob]);
          else assert.notEqual(passphrase, "");
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      });
    }
  }
}

/** OpenSSH writes a zero before every other number of ECDSA, and some numbers are shorter. */
Deno.test({
  name: "private key: sixteen keys of each curve, and sixteen of Ed25519",
  ignore: !hasTools,
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [kind, bits] of [["ecdsa", 256], ["ecdsa", 384], ["ecdsa", 521], ["ed25519", 0]]) {
      for (let i = 0; i < 16; i++) {
        const file = `${folder}/${kind}-${bits}-${i}`;
        await run("ssh-keygen", [
          ...["-q", "-t", String(kind), "-N", "", "-C", "", "-f", file],
          ...bits === 0 ? [] : ["-b", String(bits)],
        ]);
        const found = await readPrivateKey(await Deno.readTextFile(file));
        assert("key" in found, JSON.stringify(found));
        const line = (await Deno.readTextFile(`${file}.pub`)).trim();
        assert.equal(publicKeyLine(found.key.blob), line);
        await found.key.sign(bytes("x"), "SHA-512");
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const openssl: [title: string, args: string[]][] = [
  ["Ed25519 of openssl", ["genpkey", "-algorithm", "ed25519"]],
  ["RSA of openssl, PKCS #1", ["genrsa", "-traditional", "2048"]],
  ["RSA of openssl, PKCS #8", ["genpkey", "-algorithm", "rsa"]],
  ["ECDSA of openssl, with its parameters before it", [
    ...["ecparam", "-name", "prime256v1", "-genkey"],
  ]],
  ["ECDSA of openssl, PKCS #8", [
    ...["genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
  ]],
];
for (const [title, args] of openssl) {
  Deno.test({ name: `private key: ${title}`, ignore: !hasTools }, async () => {
    const found = await readPrivateKey(await run("openssl", args));
    assert("key" in found, JSON.stringify(found));
    await verifies(found.key, "SHA-512");
  });
}

const refused: [title: string, text: string, problem: RegExp][] = [
  ["an empty file", "", /^ssh: no key found$/],
  ["a public key", `ssh-ed25519 ${stringsOf(["ssh-ed25519", "x"]).toBase64()} me`, /a public key$/],
  ["a certificate", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", /no key found/],
  ["a block without an end", "-----BEGIN PRIVATE KEY-----\nAA==\n", /no key found/],
  [
    "DSA",
    "-----BEGIN DSA PRIVATE KEY-----\nAA==\n-----END DSA PRIVATE KEY-----",
    /unsupported key/,
  ],
  ["no base64", "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", /./],
  ...["OPENSSH ", "RSA ", "EC ", ""].flatMap((label): [string, string, RegExp][] =>
    ["", "AA==", "MIIBIg==", "MAA=", "MP//////", "b3BlbnNzaC1rZXktdjEA"].map((body) => [
      `${label}with ${body || "nothing"} in it`,
      `-----BEGIN ${label}PRIVATE KEY-----\n${body}\n-----END ${label}PRIVATE KEY-----`,
      /./,
    ])
  ),
];
for (const [title, text, problem] of refused) {
  Deno.test(`private key: ${title} is refused`, async () => {
    const found = await readPrivateKey(text);
    assert("problem" in found, JSON.stringify(found));
    assert.match(found.problem, problem);
  });
}

Deno.test("private key: a key that is cut off, at each length, is refused or whole", {
  ignore: !hasTools,
}, async () => {
  const text = await run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"]);
  const body = Uint8Array.fromBase64(text.replace(/-----.*-----/g, ""));
  for (let length = 0; length < body.length; length++) {
    const cut = body.subarray(0, length).toBase64();
    const found = await readPrivateKey(
      `-----BEGIN EC PRIVATE KEY-----\n${cut}\n-----END EC PRIVATE KEY-----`,
    );
    assert("problem" in found, `${length} bytes`);
  }
});
