import { type Builder, openStore, plainBuilder } from "../builders/builder.ts";
import { createBuilder, CREATED } from "../builders/create.ts";
import { driverOf } from "../builders/drivers/all.ts";
import { askBuilders } from "../builders/status.ts";
import type { NodeGroup, StoredNode } from "../builders/store/node_group.ts";
import { readDriverOptions } from "../builders/driver_options.ts";
import { leaveBuilder } from "../builders/leave.ts";
import { nodeRegistry } from "../builders/node_registry.ts";
import { parsePlatforms } from "../builders/platforms.ts";
import { transaction } from "../builders/store/transaction.ts";
import { warnPlaintext } from "../transports/dial.ts";
import type { DialError } from "../transports/errors.ts";
import { statusLimit } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import type { Deps } from "../cli/deps.ts";
import { statusTimeout } from "../cli/flags/common.ts";
import { csvPairs } from "../grammar/pairs.ts";
import { askOptions } from "../cli/builders/status_report.ts";
import { hintOf, messageOf } from "../cli/report.ts";
import { warn } from "../cli/warn.ts";
import { nearest } from "../base/nearest.ts";
import { absolutePath, baseName, parentOf } from "../base/paths.ts";
import { namesIn, statOf } from "../base/stat.ts";
import { UsageError } from "../base/usage_error.ts";
import { BuilderError } from "../builders/builder_error.ts";
import { bootAll } from "./inspect/boot.ts";

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
    driver: {
      kind: "string",
      summary: `Driver to use (available: ${CREATED.map((name) => `"${name}"`).join(", ")})`,
    },
    "driver-opt": { kind: "array", summary: "Options for the driver" },
    "dry-run": { kind: "bool", summary: "Print what would be created without creating it" },
    leave: { kind: "bool", summary: "Remove a node from builder instead of changing it" },
    listen: {
      kind: "slice",
      valueName: "HOST[:PORT]",
      summary: "Let a daemon in a container listen on TCP, for clients with certificates",
    },
    "listen-certs": {
      kind: "string",
      valueName: "DIR",
      summary: "Folder for the certificates of --listen (default: NAME-certs)",
    },
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
    if (flags["listen-certs"] !== "" && flags.listen.length === 0) {
      throw new UsageError("--listen-certs needs --listen");
    }
    const listen = flags.listen.length === 0
      ? undefined
      : await (await import("./create/listening.ts")).planListening(flags.listen, {
        ...{ name: flags.name, folder: flags["listen-certs"], cwd: deps.cwd },
        now: deps.clock.now(),
      });
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
      buildkitdConfig: flags["buildkitd-config"] &&
        absolutePath(flags["buildkitd-config"], deps.cwd),
      listening: listen?.listening,
      dryRun: flags["dry-run"],
    };
    const timeout = statusLimit(flags, given, global);
    const options = { ...askOptions(deps, global), timeout, showStep: false };
    const probe = async (group: NodeGroup) => {
      await requireEngine(plainBuilder(group), options);
      listen?.write();
    };
    const { group, replaced } = await transaction(dir, signal, async (txn) => {
      const before = txn.find(request.name)?.nodes.some(({ name }) => name === request.node);
      const group = await createBuilder(txn, request, { env, registry, probe });
      return { group, replaced: before ?? false };
    });
    const builder = plainBuilder(group);
    if (flags["dry-run"]) return await printPlan(builder, deps);
    if (replaced) warn(deps, "new settings may not be used until builder is restarted");
    if (builder.driver === "remote") {
      const endpoint = request.endpoint || env("BUILDKIT_HOST")!;
      const node = builder.nodes.find((node) => node.endpoint === endpoint);
      if (node !== undefined) {
        warnOfPlaintext(deps, node);
        warnOfMissingFiles(deps, node);
      }
    }
    if (flags.bootstrap) await bootAll(builder, timeout, deps, global);
    deps.stdout.write(`${group.name}\n`);
    if (listen !== undefined) deps.stderr.write(`\n${listen.lines}`);
  },
});

/**
 * Throws if the engine of a node doesn't answer, because no container could be created there. A
 * cluster need not answer, but the kubeconfig must name one.
 */
async function requireEngine(
  builder: Builder,
  options: Parameters<typeof askBuilders>[1],
): Promise<void> {
  if (driverOf(builder).maker === undefined) return;
  const [status] = await askBuilders([builder], options);
  for (const { node, status: word, error } of status!.nodes) {
    if (word !== "error") continue;
    // buildx creates builders of clusters that it can't reach, or has no rights in.
    if (builder.driver === "kubernetes" && (error as DialError).code !== "config") continue;
    throw new BuilderError(
      `failed to initialize builder ${builder.name} (${node.name}): ${messageOf(error)}`,
      { hint: hintOf(error), cause: error },
    );
  }
}

async function printPlan(builder: Builder, { env, signal, stdout }: Deps): Promise<void> {
  const maker = await driverOf(builder).maker?.();
  const context = { env, signal, log: () => {}, step: () => {} };
  const plans = await Promise.all(
    builder.nodes.map((node) => maker?.plan(node, context) ?? [{ endpoint: node.endpoint }]),
  );
  const objects = plans.flat();
  if (maker?.planForm === "yaml") {
    const { stringify } = await import("yaml");
    return stdout.write(objects.map((object) => stringify(object, YAML)).join("---\n"));
  }
  const plan = { builder: builder.name, driver: builder.driver, nodes: objects };
  stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
}

/** Warns of certificates that don't exist: the builder is stored all the same, as with buildx. */
function warnOfMissingFiles(deps: Deps, node: StoredNode) {
  const { cacert, cert, key } = readDriverOptions(node).tls;
  for (const [name, path] of Object.entries({ cacert, cert, key })) {
    if (path === undefined || statOf(path) !== undefined) continue;
    const near = nearest(baseName(path), namesIn(parentOf(path)));
    const meant = near === undefined ? "" : `; did you mean ${parentOf(path)}/${near}?`;
    warn(deps, `${path} (driver option ${name}) does not exist: builds fail without it${meant}`);
  }
}

/** Long lines stay whole, and equal parts are written out. kubectl reads texts by YAML 1.1. */
const YAML = { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" } as const;

/** Warns when the builder is created, where the user can still change it; not at every build. */
function warnOfPlaintext(deps: Deps, node: StoredNode) {
  const registry = nodeRegistry(deps.registry, node);
  const shown = warnPlaintext(registry, node.endpoint, readDriverOptions(node).tls);
  if (shown === undefined) return;
  warn(
    deps,
    `${shown} is not encrypted: anyone on the network can read and change builds there; ` +
      "use TLS (--driver-opt cacert=FILE,cert=FILE,key=FILE) or another transport",
  );
}
