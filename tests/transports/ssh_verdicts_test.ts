/**
 * The hosts that we trust, compared with the real ssh: for each configuration and known_hosts both
 * log in at one sshd, and must come to the same verdict.
 */
import assert from "node:assert/strict";
import { check, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { makeKey, startSshd } from "../harness/sshd.ts";
import { missing, onPath } from "../harness/tool.ts";
import { sshRig } from "./ssh_rig.ts";

/** A case: known_hosts, lines of the configuration, and whether the host is accepted. */
type Case = readonly [title: string, known: string, config: string, accepted: boolean];

/**
 * P is the port, KEY, RSA and ECDSA are the host's keys, OTHER and OTHERRSA are not; DIR is where
 * the files are.
 */
const plain: readonly Case[] = [
  ["its name and port", "[127.0.0.1]:P KEY\n", "", true],
  ["lines that end as on Windows", "# a comment\r\n\r\n[127.0.0.1]:P KEY\r\n", "", true],
  ["tabs, spaces and a comment", "  [127.0.0.1]:P\t KEY   me@here or there\n", "", true],
  ["no line end", "[127.0.0.1]:P KEY", "", true],
  ["one of several names", "box,[127.0.0.1]:P,10.1.1.1 KEY\n", "", true],
  ["the name alone", "127.0.0.1 KEY\n", "", true],
  ["another port", "[127.0.0.1]:1 KEY\n", "", false],
  [
    "the name alone, and another key for the port",
    "127.0.0.1 KEY\n[127.0.0.1]:P OTHER\n",
    "",
    false,
  ],
  ["a wildcard in the name", "[127.0.0.*]:P KEY\n", "", true],
  ["a wildcard for one letter", "[127.0.0.?]:P KEY\n", "", true],
  ["a wildcard for the port", "[127.0.0.1]:* KEY\n", "", true],
  ["a wildcard alone", "* KEY\n", "", true],
  ["a name left out", "*,!127.0.0.1 KEY\n", "", true],
  ["a name and port left out", "![127.0.0.1]:P,* KEY\n", "", true],
  ["both left out", "![127.0.0.1]:P,!127.0.0.1,* KEY\n", "", false],
  ["a name left out behind", "[*]:P,![127.0.0.1]:P KEY\n", "", false],
  ["brackets are no class of letters", "[127.0.0.9]:P KEY\n", "", false],
  ["another key of the type", "[127.0.0.1]:P OTHER\n", "", false],
  [
    "another key of the type beside the right one",
    "[127.0.0.1]:P OTHER\n[127.0.0.1]:P KEY\n",
    "",
    true,
  ],
  ["another type of key", "[127.0.0.1]:P RSA\n", "", true],
  ["ecdsa", "[127.0.0.1]:P ECDSA\n", "", true],
  [
    "a wrong key of a type that we'd rather see",
    "[127.0.0.1]:P OTHER\n[127.0.0.1]:P RSA\n",
    "",
    false,
  ],
  ["revoked", "[127.0.0.1]:P KEY\n@revoked [127.0.0.1]:P KEY\n", "", false],
  ["revoked everywhere", "@revoked * KEY\n[127.0.0.1]:P KEY\n", "", false],
  ["revoked for another", "@revoked box KEY\n[127.0.0.1]:P KEY\n", "", true],
  ["another key is revoked", "@revoked * OTHER\n[127.0.0.1]:P KEY\n", "", true],
  ["an authority alone", "@cert-authority * KEY\n", "", false],
  ["a marker that nobody knows", "@other * KEY\n", "", false],
  ["nothing", "", "", false],
  ["lines that are none", "[127.0.0.1]:P\nKEY\n[127.0.0.1]:P ssh-ed25519 AAAA\n\n", "", false],
  ["a line that is none before one", "[127.0.0.1]:P ssh-ed25519 ?\n[127.0.0.1]:P KEY\n", "", true],
  ["an alias", "box KEY\n", "HostKeyAlias box", true],
  ["an alias of another", "[127.0.0.1]:P KEY\n", "HostKeyAlias box", false],
  ["an alias has no port", "[box]:P KEY\n", "HostKeyAlias box", false],
  ["an alias with a port", "[box]:P KEY\n", "HostKeyAlias [box]:P", true],
  ["capitals", "BOX KEY\n", "HostKeyAlias box", true],
  ["capitals in the alias", "box KEY\n", "HostKeyAlias BOX", true],
  ["revoked by a file", "* KEY\n", "RevokedHostKeys DIR/key.pub", false],
  ["not revoked by a file", "* KEY\n", "RevokedHostKeys DIR/other.pub", true],
  ["revoked by a file that isn't there", "* KEY\n", "RevokedHostKeys DIR/none", false],
  ["revoked by none", "* KEY\n", "RevokedHostKeys none", true],
  ["revoked by a list of keys", "* KEY\n", "RevokedHostKeys DIR/keys.krl", false],
  ["revoked by a list of hashes", "* KEY\n", "RevokedHostKeys DIR/hashes.krl", false],
  ["revoked by a list of old hashes", "* KEY\n", "RevokedHostKeys DIR/sha1.krl", false],
  ["revoked by a list of others", "* KEY\n", "RevokedHostKeys DIR/others.krl", true],
  ["a key that isn't asked for", "* RSA\n", "HostKeyAlgorithms ssh-ed25519", false],
  ["a key that alone is asked for", "* RSA\n", "HostKeyAlgorithms rsa-sha2-256", true],
  ["known keys go first", "* RSA\n", "HostKeyAlgorithms -ecdsa-*", true],
  ["an order of their own", "* RSA\n", "HostKeyAlgorithms ssh-ed25519,rsa-sha2-512", false],
  ["an order with a head", "* RSA\n", "HostKeyAlgorithms ^rsa-sha2-512", true],
  ["a type taken away", "* KEY\n", "HostKeyAlgorithms -ssh-ed25519*", false],
  ["a cipher", "* KEY\n", "Ciphers aes256-gcm@openssh.com", true],
  ["a cipher of old", "* KEY\n", "Ciphers aes256-cbc", false],
  ["a cipher and a MAC", "* KEY\n", "Ciphers aes192-ctr\nMACs hmac-sha2-512", true],
  ["a key exchange", "* KEY\n", "KexAlgorithms diffie-hellman-group16-sha512", true],
  ["a key exchange of old", "* KEY\n", "KexAlgorithms diffie-hellman-group14-sha1", false],
];

/** The server shows certificates: of the key `host`, of the RSA key `hostrsa`; CA signed them. */
const certified: readonly Case[] = [
  ["the authority", "@cert-authority [127.0.0.1]:P CA\n", "", true],
  ["the authority, the name alone", "@cert-authority 127.0.0.1 CA\n", "", true],
  ["the authority of another", "@cert-authority box CA\n", "", false],
  ["another authority", "@cert-authority * OTHER\n", "", false],
  ["the key in it", "[127.0.0.1]:P KEY\n", "", true],
  [
    "another authority, and the key in it",
    "@cert-authority * OTHER\n[127.0.0.1]:P KEY\n",
    "",
    true,
  ],
  ["the authority as a host's key", "* CA\n", "", false],
  ["the authority is revoked", "@cert-authority * CA\n@revoked * CA\n", "", false],
  ["the key is revoked", "@cert-authority * CA\n@revoked * KEY\n", "", false],
  ["an alias that is in it", "@cert-authority * CA\n", "HostKeyAlias box", true],
  ["an alias that isn't", "@cert-authority * CA\n", "HostKeyAlias crate", false],
  ["of RSA", "@cert-authority * CA\n", `HostKeyAlgorithms rsa-sha2-512${CERT()}`, true],
  ["of RSA by SHA-256", "@cert-authority * CA\n", `HostKeyAlgorithms rsa-sha2-256${CERT()}`, true],
  ["none asked for", "@cert-authority * CA\n", "HostKeyAlgorithms ssh-ed25519", false],
  ["revoked by a file: the key", "@cert-authority * CA\n", "RevokedHostKeys DIR/key.pub", false],
  [
    "revoked by a file: the authority",
    "@cert-authority * CA\n",
    "RevokedHostKeys DIR/ca.pub",
    false,
  ],
  ["revoked by a file: another", "@cert-authority * CA\n", "RevokedHostKeys DIR/other.pub", true],
  ["revoked by its number", "@cert-authority * CA\n", "RevokedHostKeys DIR/serial.krl", false],
  ["revoked among numbers", "@cert-authority * CA\n", "RevokedHostKeys DIR/range.krl", false],
  ["revoked among many numbers", "@cert-authority * CA\n", "RevokedHostKeys DIR/bitmap.krl", false],
  ["other numbers are revoked", "@cert-authority * CA\n", "RevokedHostKeys DIR/apart.krl", true],
  ["revoked by its name", "@cert-authority * CA\n", "RevokedHostKeys DIR/id.krl", false],
  ["another authority's number", "@cert-authority * CA\n", "RevokedHostKeys DIR/foreign.krl", true],
];

function CERT(): string {
  return "-cert-v01@openssh.com";
}

const reason = needsRoot() ?? await missing("sshd") ??
  (await onPath("ssh") === undefined ? "there is no ssh program" : undefined);

for (const [what, cases] of [["keys", plain], ["certificates", certified]] as const) {
  Deno.test({
    name: `ssh: known_hosts decides about ${what} as ssh does`,
    ignore: skip(reason),
    // The connection waits for the next dial.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async (t) => {
    await using rig = await sshRig();
    const dir = `${rig.home}/files`;
    await Deno.mkdir(dir);
    const key = await makeKey(`${dir}/key`);
    const rsa = await makeKey(`${dir}/rsa`, "rsa");
    const ecdsa = await makeKey(`${dir}/ecdsa`, "ecdsa");
    const ca = await makeKey(`${dir}/ca`);
    const other = await makeKey(`${dir}/other`);
    const sign = ["-q", "-s", ca, "-I", "box 7", "-h", "-n", "127.0.0.1,box", "-z", "70"];
    const shows = what === "certificates";
    if (shows) await check("ssh-keygen", [...sign, `${key}.pub`, `${rsa}.pub`]);
    await using sshd = await startSshd({
      hostKeys: shows ? [key, rsa] : [key, rsa, ecdsa],
      config: shows ? [key, rsa].map((file) => `HostCertificate ${file}-cert.pub`) : [],
    });
    const publicOf = async (file: string) =>
      (await Deno.readTextFile(`${file}.pub`)).split(" ", 2).join(" ");
    const names: Record<string, string> = {
      P: String(sshd.port),
      DIR: dir,
      KEY: await publicOf(key),
      RSA: await publicOf(rsa),
      ECDSA: await publicOf(ecdsa),
      CA: await publicOf(ca),
      OTHER: await publicOf(other),
    };
    const filled = (text: string) =>
      text.replace(/\b(?:P|DIR|KEY|RSA|ECDSA|CA|OTHER)\b/g, (name) => names[name]!);
    await makeLists(dir, { key, ca, other });
    for (const [at, [title, known, config, accepted]] of cases.entries()) {
      await t.step(title, async () => {
        // A name of its own, so that no connection of the case before is taken.
        const file = `${rig.home}/.ssh/known${at}`;
        await Deno.writeTextFile(file, filled(known));
        await rig.write(
          "config",
          `Host *\n IdentityFile ${sshd.key}\n IdentitiesOnly yes\n IdentityAgent none\n` +
            ` UserKnownHostsFile ${file}\n GlobalKnownHostsFile ${rig.home}/none\n` +
            ` User root\n${filled(config)}\n`,
        );
        const [{ code, stderr }, ours] = await Promise.all([
          run("ssh", [
            ...["-F", `${rig.home}/.ssh/config`, "-o", "BatchMode=yes"],
            ...["-o", "StrictHostKeyChecking=yes", "-p", String(sshd.port), "127.0.0.1", "true"],
          ]),
          rig.reach(`ssh://127.0.0.1:${sshd.port}${rig.peer.socket}`)
            .catch((error: Error) => error),
        ]);
        assert.equal(code === 0, accepted, `ssh: ${stderr}`);
        assert.equal(ours === undefined, accepted, `${ours?.message}`);
      });
    }
  });
}

/** Revocation lists made by ssh-keygen. */
async function makeLists(
  dir: string,
  { key, ca, other }: Readonly<Record<"key" | "ca" | "other", string>>,
): Promise<void> {
  const print = async (hash: string) =>
    (await check("ssh-keygen", ["-lf", `${key}.pub`, "-E", hash])).stdout.split(" ")[1];
  const many = Array.from({ length: 40 }, (_, i) => `serial: ${i * 2 + 2}\n`).join("");
  const lists: Record<string, [text: string, authority?: string]> = {
    keys: [await Deno.readTextFile(`${key}.pub`)],
    others: [await Deno.readTextFile(`${other}.pub`)],
    hashes: [`hash: ${await print("sha256")}\n`],
    sha1: [`sha1: ${await Deno.readTextFile(`${key}.pub`)}`],
    serial: ["serial: 70\nserial: 90000\n", ca],
    range: ["serial: 60-80\n", ca],
    bitmap: [many, ca],
    apart: ["serial: 1-69\nserial: 71-80\nserial: 100\nserial: 102\nid: box 8\n", ca],
    id: ["id: box 7\n", ca],
    foreign: ["serial: 70\nid: box 7\n", other],
  };
  for (const [name, [text, authority]] of Object.entries(lists)) {
    await Deno.writeTextFile(`${dir}/spec`, text);
    const by = authority === undefined ? [] : ["-s", `${authority}.pub`];
    await check("ssh-keygen", ["-q", "-k", "-f", `${dir}/${name}.krl`, ...by, `${dir}/spec`]);
  }
}
