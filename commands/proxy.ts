import { streamOf } from "../transports/byte_stream.ts";
import { schemeOf } from "../transports/endpoint.ts";
import { connectTimeout } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import type { Deps } from "../cli/deps.ts";
import { type ChosenEndpoint, dialChosen, endpointOf } from "../cli/builders/chosen_endpoint.ts";
import { listenLocally } from "./proxy/listen.ts";
import { join } from "../transports/net/relay.ts";
import { report } from "../cli/report.ts";
import { UsageError } from "../base/usage_error.ts";
import { chosenBuilder } from "../cli/builders/chosen_builder.ts";
import { onAbort } from "../base/async.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [URL|BUILDER]", min: 0, max: 1 },
  description:
    "Expose a daemon to other BuildKit clients as a local socket, over any transport. The " +
    "command prints the address that it listens on, and runs until it is interrupted.",
  flags: {
    listen: {
      kind: "string",
      valueName: "ADDRESS",
      summary: "Listen at unix:///PATH or tcp://127.0.0.1:PORT (port 0: a free one)",
    },
  },
  async run({ deps, args, flags, global }) {
    if (flags.listen === "") {
      throw new UsageError(
        "--listen is missing",
        "for example: --listen unix:///tmp/buildkitd.sock",
      );
    }
    const chosen = await choose(deps, args[0] ?? global.builder);
    const log = (line: string) => global.debug ? deps.stderr.write(`${line}\n`) : undefined;
    const budget = connectTimeout(global);
    await deps.listen();
    using listener = await listenLocally(flags.listen);
    using _stopping = onAbort(deps.signal, () => listener.close());
    deps.stdout.write(`${listener.address}\n`);
    const open = new Set<Promise<void>>();
    for await (const conn of listener.connections()) {
      const served = serve(conn, chosen, deps, { budget, log }).catch((error) => {
        if (deps.signal.aborted) return;
        const { isTerminal } = deps.stderr;
        const { lines } = report(error, { debug: false, isTerminal, plugin: deps.plugin });
        deps.stderr.write(lines.map((line) => `${line}\n`).join(""));
      }).finally(() => open.delete(served));
      open.add(served);
    }
    await Promise.all(open);
  },
});

/** The typed endpoint, or that of a builder's first node. */
async function choose(deps: Deps, name: string): Promise<ChosenEndpoint> {
  if (schemeOf(name) !== undefined) {
    // A mistake in the endpoint is reported now, and not at the first connection.
    deps.registry.find(name).parse(name);
    return { registry: deps.registry, endpoint: name, tls: {} };
  }
  const builder = await chosenBuilder(deps, name);
  return endpointOf(builder, [], deps);
}

/** Carries one client's bytes. Rejects when the daemon can't be reached, or was lost. */
async function serve(
  conn: Deno.Conn,
  chosen: ChosenEndpoint,
  deps: Deps,
  dialling: { readonly budget: number; readonly log: (line: string) => void },
): Promise<void> {
  const client = streamOf(conn);
  using _closing = onAbort(deps.signal, () => client.close());
  try {
    const { stream, peer } = await dialChosen(chosen, deps, dialling);
    dialling.log(`a client is connected to ${peer}`);
    // It is no error if a client breaks its connection off.
    let gone = false;
    const watched = {
      ...client,
      read: (into: Uint8Array) =>
        client.read(into).catch((error) => {
          gone = true;
          throw error;
        }),
      write: (from: Uint8Array) =>
        client.write(from).catch((error) => {
          gone = true;
          throw error;
        }),
    };
    await join(watched, stream).catch((error) => {
      if (!gone) throw error;
    });
  } finally {
    client.close();
  }
}
