import { calledAs } from "../../cli/called_as.ts";
import type { Builder } from "../../builders/builder.ts";
import { traitsOf } from "../../builders/engine_traits.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import { sorted } from "../../builders/store/node_group_json.ts";
import { formatInGroups } from "../../builders/platforms.ts";
import type { BuilderStatus, NodeStatus } from "../../builders/status.ts";
import type { DialError } from "../../transports/errors.ts";
import { activityText, isDown, reasonOf } from "../../cli/builders/builder_json.ts";
import { formatBytes } from "../../base/go/bytes.ts";
import { formatDuration } from "../../base/go/duration.ts";
import { quote } from "../../base/go/quote.ts";
import { hintOf } from "../../cli/report.ts";
import { alignColumns } from "../../base/go/tabwriter.ts";
import { maybe } from "../../base/maybe.ts";

interface InspectOptions {
  /** Adds what the driver can do. */
  readonly features: boolean;
  /** The name by which docker calls us, as its plugin. */
  readonly plugin: string | undefined;
}

/** The output of `inspect`, laid out as in buildx. */
export function inspectText(
  { builder, nodes }: BuilderStatus,
  options: InspectOptions,
): string {
  const activity = activityText(builder).replace("T", " ").replace("Z", " +0000 UTC");
  const lines = [
    `Name:\t${builder.name}`,
    `Driver:\t${builder.driver}`,
    ...activity ? [`Last Activity:\t${activity}`] : [],
    "",
    "Nodes:",
    ...nodes.flatMap((node, i) => [
      ...i > 0 ? [""] : [],
      ...nodeLines(builder, explained(builder, node), options),
    ]),
  ];
  return alignColumns(lines.join("\n") + "\n", { padding: 1, minimum: 0 });
}

/** A node of another driver is never asked. Unlike `ls`, this command shows the reason. */
function explained(builder: Builder, node: NodeStatus): NodeStatus {
  try {
    driverOf(builder);
    return node;
  } catch (error) {
    return { ...node, error };
  }
}

function nodeLines(
  builder: Builder,
  status: NodeStatus,
  { features, plugin }: InspectOptions,
): string[] {
  const { node, endpoint, error, version } = status;
  const options = Object.entries(sorted(node.driverOpts ?? {}))
    .map(([key, value]) => `${key}=${quote(value)}`);
  const head = [
    `Name:\t${node.name}`,
    `Endpoint:\t${endpoint}`,
    ...options.length > 0 ? [`Driver Options:\t${options.join(" ")}`] : [],
  ];
  if (status.status === "error") return [...head, ...errorLines(status, plugin)];
  const platforms = formatInGroups(node.platforms ?? [], status.platforms);
  return [
    ...head,
    `Status:\t${status.status}`,
    ...error === undefined ? [] : errorLines(status, plugin, isDown(status, builder)),
    ...node.flags?.length ? [`BuildKit daemon flags:\t${node.flags.join(" ")}`] : [],
    ...version ? [`BuildKit version:\t${version}`] : [],
    ...platforms.length > 0 ? [`Platforms:\t${platforms.join(", ")}`] : [],
    ...features && status.status === "running" ? featureLines(builder, status) : [],
    ...labelLines(status),
    ...deviceLines(status),
    ...status.gcPolicy.flatMap(policyLines),
    ...Object.entries(sorted(node.files ?? {})).flatMap(fileLines),
  ];
}

function errorLines(status: NodeStatus, plugin: string | undefined, down = false): string[] {
  const hint = hintOf(status.error);
  const lines = [
    down
      ? `Reason:\t${(status.error as DialError).problem}`
      : `Error:\t${reasonOf(status).replaceAll("\n", " ")}`,
  ];
  return hint === undefined ? lines : [...lines, `Hint:\t${calledAs(hint, plugin)}`];
}

function featureLines(builder: Builder, { node, labels }: NodeStatus): string[] {
  const isDocker = builder.driver === "docker";
  const all = !isDocker || traitsOf([{ Labels: labels }]).containerd;
  const features = {
    "Automatically load images to the Docker Engine image store": driverOf(builder).loads(node),
    "Cache export": all,
    "Direct push": all,
    "Docker exporter": all,
    "Multi-platform build": all,
    "OCI exporter": all,
    ...isDocker && { "Prefer image digest": all },
  };
  return ["Features:", ...Object.entries(features).map(([name, on]) => `\t${name}:\t${on}`)];
}

function labelLines({ labels }: NodeStatus): string[] {
  const entries = Object.entries(sorted(labels));
  return entries.length === 0
    ? []
    : ["Labels:", ...entries.map(([key, value]) => `\t${key}:\t${value}`)];
}

function deviceLines({ devices }: NodeStatus): string[] {
  if (devices.length === 0) return [];
  return [
    "Devices:",
    ...devices.flatMap((device) => {
      const notes = Object.entries(sorted(device.Annotations));
      return [
        `\tName:\t${device.Name}`,
        device.OnDemand ? "\tOn-Demand:\ttrue" : `\tAutomatically allowed:\t${device.AutoAllow}`,
        ...notes.length > 0 ? ["\tAnnotations:"] : [],
        ...notes.map(([key, value]) => `\t\t${key}:\t${value}`),
      ];
    }),
  ];
}

function policyLines(policy: NodeStatus["gcPolicy"][number], index: number): string[] {
  const size = (name: string, bytes: bigint) =>
    bytes > 0n ? [`\t${name}:\t${formatBytes(Number(bytes))}`] : [];
  return [
    `GC Policy rule#${index}:`,
    `\tAll:\t${policy.all}`,
    ...policy.filters.length > 0 ? [`\tFilters:\t${policy.filters.join(" ")}`] : [],
    ...policy.keepDuration > 0n ? [`\tKeep Duration:\t${formatDuration(policy.keepDuration)}`] : [],
    ...size("Reserved Space", policy.reservedSpace),
    ...size("Max Used Space", policy.maxUsedSpace),
    ...size("Min Free Space", policy.minFreeSpace),
  ];
}

function fileLines([path, base64]: [string, string]): string[] {
  const text = new TextDecoder().decode(maybe(() => Uint8Array.fromBase64(base64)));
  return [`File#${path}:`, ...text.split("\n").map((line) => `\t> ${line}`)];
}
