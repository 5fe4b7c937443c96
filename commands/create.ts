import { bootBuilder } from "../builders/boot.ts";
import { type Builder, openStore } from "../builders/builder.ts";
import { createBuilder } from "../builders/create.ts";
import { readDriverOptions } from "../builders/driver_options.ts";
import { leaveBuilder } from "../builders/leave.ts";
import { nodeRegistry } from "../builders/node_registry.ts";
import { parsePlatforms } from "../builders/platforms.ts";
import { transaction } from "../builders/store/transaction.ts";
import { warnPlaintext } from "../transports/dial.ts";
import { statusLimit } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import type { Deps } from "../cli/deps.ts";
import { statusTimeout } from "../cli/flags/common.ts";
import { csvPairs } from "../grammar/pairs.ts";
import { bootOptions } from "../cli/builders/status_report.ts";
import { warn } from "../cli/warn.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [CONTEXT|ENDPOINT]", min: 0, max: 1 },
  ignoresBuilder: true,
  flags: {
    append: { kind: "bool", summary: "Append a node to builder instead of changing it" },
    bootstrap: { kind: "bool", summary: "Boot builder after creation" },
    "buildkitd-config": { kind: "string", summary: "BuildKit daemon config file" },
    "buildkitd-flags": { kind: "string", summary: "BuildKit daemon flags" },
    config: {
      kind: "string",
      sets: "buildkitd-config",
      hidden: true,
      summary: "BuildKit daemon config file",
    },
    driver: { kind: "string", summary: 'Driver to use (available: "remote")' },
    "driver-opt": { kind: "array", summary: "Options for the driver" },
    leave: { kind: "bool", summary: "Remove a node from builder instead of changing it" },
    name: { kind: "string", summary: "Builder instance name" },
    node: { kind: "string", summary: "Create/modify node with given name" },
    platform: { kind: "array", summary: "Fixed platforms for current node" },
    ...statusTimeout,
    use: { kind: "bool", summary: "Set the current builder instance" },
  },
  async run({ deps, args, flags, given, global }) {
    const { env, signal, registry } = deps;
    const { dir } = openStore(env);
    if (flags.leave) {
      await transaction(dir, signal, (txn) => leaveBuilder(txn, flags.name, flags.node));
      return;
    }
    const request = {
      name: flags.name,
      driver: flags.driver,
      node: flags.node,
      endpoint: args[0] ?? "",
      append: flags.append,
      use: flags.use,
      platforms: parsePlatforms(flags.platform),
      driverOpts: flags["driver-opt"].length > 0 ? csvPairs(flags["driver-opt"]) : undefined,
      buildkitdFlags: flags["buildkitd-flags"],
      buildkitdConfig: flags["buildkitd-config"],
    };
    const { group, replaced } = await transaction(dir, signal, async (txn) => {
      const before = txn.find(request.name)?.nodes.some(({ name }) => name === request.node);
      const group = await createBuilder(txn, request, { env, registry });
      return { group, replaced: before ?? false };
    });
    const builder: Builder = { ...group, origin: "store", lastActivity: () => undefined };
    if (replaced) warn(deps, "new settings may not be used until builder is restarted");
    warnOfPlaintext(deps, builder, request.endpoint || env("BUILDKIT_HOST")!);
    if (flags.bootstrap) {
      const timeout = statusLimit(flags, given, global);
      await bootBuilder(builder, { ...bootOptions(deps, global), timeout });
    }
    deps.stdout.write(`${group.name}\n`);
  },
});

/** The warning comes only here, where the user can still change the endpoint, and not at every build. */
function warnOfPlaintext(deps: Deps, builder: Builder, endpoint: string) {
  const node = builder.nodes.find((node) => node.endpoint === endpoint);
  if (node === undefined) return;
  const shown = warnPlaintext(
    nodeRegistry(deps.registry, node),
    endpoint,
    readDriverOptions(node).tls,
  );
  if (shown === undefined) return;
  warn(
    deps,
    `${shown} is not encrypted: everybody on the way can read and change what is built there; ` +
      "use TLS (--driver-opt cacert=FILE,cert=FILE,key=FILE) or another transport",
  );
}
