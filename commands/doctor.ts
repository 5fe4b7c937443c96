import { isJsonFormat, textOrJson } from "../cli/flags/common.ts";
import { withTimeout } from "../base/async.ts";
import { daemonsOf } from "../builders/reach_node.ts";
import { type Builder, plainBuilder, plainNode } from "../builders/builder.ts";
import type { StoredNode } from "../builders/store/node_group.ts";
import { schemeOf } from "../transports/endpoint.ts";
import { shownEndpoint } from "../transports/registry.ts";
import { connectTimeout } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import type { Deps } from "../cli/deps.ts";
import { examine } from "./doctor/examine.ts";
import type { Finding } from "./doctor/finding.ts";
import { nodeJson, textOf } from "./doctor/print.ts";
import { type Examined, verdictOf } from "./doctor/verdict.ts";
import { palette } from "../cli/colors.ts";
import { wrap } from "../cli/wrap.ts";
import { csvPairs } from "../grammar/pairs.ts";
import { goJson } from "../base/go/json.ts";
import { UsageError } from "../base/usage_error.ts";
import { chosenBuilder } from "../cli/builders/chosen_builder.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [URL|BUILDER]", min: 0, max: 1 },
  description: `Check a connection to a daemon step by step

doctor tries each step once: endpoint, addresses, connection, TLS, HTTP/2, the daemon's version
and workers, the cache, and the round trip. With --transfer, it also sends a file to the daemon and
receives it again; the file stays in the daemon's cache until the daemon needs the space. The last
line is the verdict. The exit code is 0 when all nodes pass.`,
  flags: {
    "driver-opt": {
      kind: "array",
      summary: "Driver options for a URL, as for 'create'",
    },
    ...textOrJson,
    transfer: {
      kind: "bytes",
      bare: "64m",
      valueName: "SIZE",
      summary: "Also measure the throughput: send and receive a file of this size",
    },
  },
  async run({ deps, args, flags, global }) {
    const isJson = isJsonFormat(flags.format);
    const options = {
      deps,
      timeout: connectTimeout(global),
      size: flags.transfer,
      debug: global.debug,
    };
    const builder = await chosen(deps, args[0] ?? global.builder, flags["driver-opt"]);
    const isText = !isJson;
    const columns = isText ? deps.stdout.size()?.columns : undefined;
    const colors = palette(deps.stdout, deps.env);
    const results = [];
    const examined: Examined[] = [];
    for (const node of await examinedNodes(builder, deps, options.timeout)) {
      const findings: Finding[] = [];
      if (isText) {
        const head = headOf(builder, node, deps);
        const shown = columns === undefined ? head : wrap(head, columns - 1);
        deps.stdout.write((results.length > 0 ? "\n" : "") + shown);
      }
      for await (const finding of examine(builder, node, options)) {
        findings.push(finding);
        if (isText) deps.stdout.write(textOf(finding, colors, columns));
      }
      examined.push({ node, findings });
      results.push(nodeJson(builder, node, findings));
    }
    const failed = results.filter(({ ok }) => !ok).length;
    const verdict = verdictOf(examined);
    const painted = failed === 0 ? colors.good(verdict) : colors.bad(verdict);
    deps.stdout.write(
      isText
        ? `\nverdict: ${painted}\n`
        : `${goJson({ ok: failed === 0, builder: builder.name, nodes: results, verdict }, 2)}\n`,
    );
    return failed === 0 ? 0 : 1;
  },
});

/** An existing builder, or one for an endpoint, as `create` would make it. */
async function chosen(
  deps: Deps,
  name: string,
  driverOpts: readonly string[],
): Promise<Builder> {
  if (schemeOf(name) === undefined) {
    if (driverOpts.length > 0) {
      throw new UsageError(
        "--driver-opt needs a URL",
        "a builder already has driver options: see fairlead inspect",
      );
    }
    return await chosenBuilder(deps, name);
  }
  const node = { ...plainNode("", name), driverOpts: csvPairs(driverOpts) };
  return plainBuilder({ name: "", driver: "remote", dynamic: false, nodes: [node], extra: {} });
}

/**
 * The nodes, or each daemon of nodes that have several. Errors appear later, in the steps of the
 * node.
 */
async function examinedNodes(builder: Builder, deps: Deps, timeout: number): Promise<StoredNode[]> {
  const signal = withTimeout(deps.signal, timeout);
  const context = { signal, env: deps.env, log: () => {}, step: () => {} };
  const found = await Promise.all(
    builder.nodes.map((node) => daemonsOf(builder, node, context).catch(() => [node])),
  );
  deps.signal.throwIfAborted();
  return found.flat();
}

function headOf(
  builder: Builder,
  { name, endpoint, member }: StoredNode,
  { registry }: Pick<Deps, "registry">,
): string {
  const shown = shownEndpoint(registry, endpoint);
  const pod = member ? ` (pod ${member.name})` : "";
  return builder.name === ""
    ? `${shown}${pod}\n`
    : `${builder.name}, node ${name}${pod}: ${shown}\n`;
}
