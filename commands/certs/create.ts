import { absolutePath } from "../../base/paths.ts";
import { defineCommand } from "../../cli/command.ts";
import { quote } from "../../base/go/quote.ts";
import { UsageError } from "../../base/usage_error.ts";
import { type Host, parseHost } from "./host.ts";
import { createCommand, makeSet, validity } from "./make_set.ts";
import { shellWord } from "../../base/shell_word.ts";
import { writeSet } from "./write_set.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] DIR", min: 1, max: 1 },
  ignoresBuilder: true,
  description: "Make a CA, and keys and certificates for a daemon and a client, in DIR",
  flags: {
    algorithm: {
      kind: "string",
      default: "ecdsa",
      summary: 'Kind of the keys ("ecdsa", "ed25519")',
    },
    client: { kind: "string", default: "client", summary: "Name of the client" },
    days: { kind: "int", default: "825", summary: "How long the certificates are valid" },
    force: { kind: "bool", summary: "Replace existing files" },
    host: {
      kind: "slice",
      valueName: "strings",
      summary: "Names and addresses of the daemon",
    },
  },
  async run({ deps, args: [dir = ""], flags }) {
    const { algorithm, client, days } = flags;
    if (algorithm !== "ecdsa" && algorithm !== "ed25519") {
      throw new UsageError(
        `unknown algorithm ${quote(algorithm)}`,
        "the algorithms are ecdsa and ed25519",
      );
    }
    if (days < 1 || days > 36_500) throw new UsageError("--days must be a number from 1 to 36500");
    if (!/^[\w.@ -]{1,64}$/.test(client)) {
      throw new UsageError(
        `${quote(client)} is not a valid name for a client`,
        "a name has up to 64 letters, digits, spaces and . _ @ -",
      );
    }
    const hosts = flags.host.map((text) => parseHost(text.trim()));
    if (hosts.length === 0) {
      throw new UsageError(
        "no host is given, so clients could not verify the daemon",
        "add --host with the names and addresses of the daemon",
      );
    }
    const folder = absolutePath(dir, deps.cwd);
    const times = validity(deps.clock.now(), days);
    writeSet(folder, await makeSet({ algorithm, hosts, client, ...times }), flags);
    deps.stdout.write(howTo(folder, hosts, times.to));
  },
});

/** The output of the command: the files, and the two command lines that use them. */
function howTo(folder: string, hosts: readonly Host[], to: Date): string {
  const names = hosts.map(({ text }) => text).join(", ");
  const host = hosts.find(({ text }) => !text.startsWith("*")) ?? { text: "HOST" };
  const file = (path: string) => `${folder}/${path}`;
  return `Made ${folder}: a CA, and certificates for a daemon (${names}) and a client, ` +
    `valid until ${to.toISOString().slice(0, 10)}.

Take ${file("daemon")} to the daemon's machine and start the daemon with these files:

buildkitd --addr tcp://0.0.0.0:1234 \\
  --tlscacert ${shellWord(file("daemon/ca.pem"))} \\
  --tlscert ${shellWord(file("daemon/cert.pem"))} \\
  --tlskey ${shellWord(file("daemon/key.pem"))}

Use it from here, or from the machine to which you copy ${file("client")}:

${createCommand("remote", folder, host, 1234)}

Keep ${file("ca/key.pem")} secret: anyone who has it can make more certificates.
`;
}
