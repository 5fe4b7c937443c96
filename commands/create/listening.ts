/** `create --listen`: a daemon in a container that also listens on TCP, with mutual TLS. */
import { absolutePath } from "../../base/paths.ts";
import { quote } from "../../base/go/quote.ts";
import { UsageError } from "../../base/usage_error.ts";
import { LISTEN_FOLDER, type Listening } from "../../builders/making/listening.ts";
import { CONFIG_DIR } from "../../builders/making/config_paths.ts";
import { type Host, parseHost } from "../certs/host.ts";
import { createCommand, makeSet, validity } from "../certs/make_set.ts";
import { writeSet } from "../certs/write_set.ts";

const DAYS = 825;
const PORT = 1234;

/** A listening daemon before it is made. */
export interface ListenPlan {
  readonly listening: Listening;
  /** Writes the authority and the client's files. Throws if a file already exists. */
  write(): void;
  /** Instructions for other machines, to be shown to the user. */
  readonly lines: string;
}

/**
 * Makes the certificates. Throws `UsageError` for a value that is no host.
 * @param texts `HOST[:PORT]`; all have one port
 */
export async function planListening(
  texts: readonly string[],
  { name, folder, cwd, now }: {
    readonly name: string;
    readonly folder: string;
    readonly cwd: string;
    readonly now: number;
  },
): Promise<ListenPlan> {
  const parsed = texts.map((text) => parseAddress(text.trim()));
  const ports = [...new Set(parsed.flatMap(({ port }) => port ?? []))];
  if (ports.length > 1) {
    throw new UsageError(
      `--listen has the ports ${ports.join(" and ")}`,
      "a daemon listens on one port: give all hosts the same port",
    );
  }
  const port = ports[0] ?? PORT;
  const hosts = parsed.map(({ host }) => host);
  const times = validity(now, DAYS);
  const all = await makeSet({ algorithm: "ecdsa", hosts, client: "client", ...times });
  const ofDaemon = all.filter(({ path }) => path.startsWith("daemon/"));
  const kept = all.filter((file) => !ofDaemon.includes(file));
  const dir = absolutePath(folder || `${name || "builder"}-certs`, cwd);
  const inside = (file: string) => `${CONFIG_DIR}/${LISTEN_FOLDER}/${file}`;
  return {
    listening: {
      flags: [
        ...["--addr=unix:///run/buildkit/buildkitd.sock", `--addr=tcp://0.0.0.0:${port}`],
        ...[`--tlscacert=${inside("ca.pem")}`, `--tlscert=${inside("cert.pem")}`],
        `--tlskey=${inside("key.pem")}`,
      ],
      files: Object.fromEntries(
        ofDaemon.map(({ path, text }) => [
          `${LISTEN_FOLDER}/${path.slice("daemon/".length)}`,
          new TextEncoder().encode(text).toBase64(),
        ]),
      ),
    },
    write() {
      try {
        writeSet(dir, kept, { force: false });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(error.message, "give another folder: --listen-certs DIR");
      }
    },
    lines: `The daemon listens on port ${port}, for clients with a certificate, until ` +
      `${times.to.toISOString().slice(0, 10)}.\n` +
      `Take ${dir}/client to the same path on another machine, and run there:\n\n` +
      `${createCommand(name || "remote", dir, hosts[0]!, port)}\n\n` +
      `Keep ${dir}/ca/key.pem secret: anyone who has it can make certificates for clients.\n`,
  };
}

function parseAddress(text: string): { host: Host; port: number | undefined } {
  const bare = text.replace(/^tcp:\/\//, "");
  const [, host = bare, digits] = /^(\[.*\]|[^:]*):(\d+)$/.exec(bare) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && !(port > 0 && port < 65536)) {
    throw new UsageError(`${quote(text)} has no port from 1 to 65535`, "write it as HOST:PORT");
  }
  if (host === "0.0.0.0" || host === "::" || host === "") {
    throw new UsageError(
      `${quote(text)} has no host`,
      "give the names and addresses by which other machines reach this one",
    );
  }
  return { host: parseHost(host), port };
}
