import { codeName } from "../../../buildkit/grpc/status.ts";
import { formatBytes } from "../../../base/go/bytes.ts";
import { dateTime, localOffset } from "../../../base/go/time.ts";
import { alignColumns } from "../../../base/go/tabwriter.ts";
import type { Inspection, Pair } from "./inspection.ts";
import { durationText } from "../records/records.ts";

export interface InspectTextOptions {
  /** The words by which the user calls us. */
  readonly program: string;
  /** The user named the record, so its name isn't repeated. */
  readonly named: boolean;
  /** Print the daemon's stack traces. */
  readonly debug: boolean;
  /** The record's address in Docker Desktop. */
  readonly url: string;
}

/** The output of `history inspect`, laid out as in buildx. */
export function inspectText(found: Inspection, options: InspectTextOptions): string {
  return [
    columns(headLines(found, options)),
    "\n",
    pairTable("Named Context", found.NamedContexts),
    columns(courseLines(found)),
    "\n",
    columns(configLines(found.Config)),
    "\n",
    pairTable("Build Arg", found.BuildArgs),
    pairTable("Label", found.Labels),
    listTable("Materials:", [
      ["URI", "DIGEST"],
      ...found.Materials.map(({ URI, Digests }) => [URI, Digests.join(", ")]),
    ]),
    listTable("Attachments:", [
      ["DIGEST", "PLATFORM", "TYPE"],
      ...found.Attachments.map(({ Digest, Platform, Type }) => [Digest, Platform, Type]),
    ]),
    errorText(found.Error, options),
    `Print build logs: ${options.program} history logs ${found.Ref}\n`,
    `View build in Docker Desktop: ${options.url}\n`,
  ].join("");
}

function headLines(found: Inspection, { named }: InspectTextOptions): string[] {
  return shown([
    ["Name", found.Name],
    ["Ref", named ? "" : found.Ref],
    ["Context", found.Context],
    ["Dockerfile", found.Dockerfile],
    ["VCS Repository", found.VCSRepository],
    ["VCS Revision", found.VCSRevision],
    ["Target", found.Target],
    ["Platforms", found.Platform.join(", ")],
    ["Keep Git Dir", found.KeepGitDir ? "true" : ""],
  ]);
}

/** The times and the outcome of the build. */
function courseLines(found: Inspection): string[] {
  const start = found.StartedAt ?? { seconds: 0n, nanos: 0 };
  const share = found.NumCachedSteps / found.NumTotalSteps * 100;
  const steps = `${found.NumCompletedSteps}/${found.NumTotalSteps}`;
  const { Error: error } = found;
  return shown([
    ["Started", dateTime(start, localOffset(start))],
    ["Duration", durationText(found.Duration) + (found.Status === "running" ? " (running)" : "")],
    ["Error", found.Status === "failed" ? `${codeName(error!.Code)} ${error!.Message}` : ""],
    ["Status", found.Status === "canceled" ? "Canceled" : ""],
    ["Build Steps", `${steps} (${evenly(share)}% cached)`],
  ]);
}

function configLines(config: Inspection["Config"]): string[] {
  return [
    ...shown([
      ["Network", config.Network],
      ["Hostname", config.Hostname],
      ["Extra Hosts", config.ExtraHosts.join(", ")],
      ["Cgroup Parent", config.CgroupParent],
      ["Image Resolve Mode", config.ImageResolveMode],
      ["Multi-Platform", config.MultiPlatform ? "true" : ""],
      ["No Cache", config.NoCache ? "true" : ""],
      ["No Cache Filter", config.NoCacheFilter.join(", ")],
      ["Shm Size", config.ShmSize],
      ["Resource Limits", config.Ulimit],
      ["Memory", size(config.Memory)],
      ["Memory Swap", size(config.MemorySwap)],
      ["CPU Shares", config.CPUShares],
      ["CPU Period", config.CPUPeriod],
      ["CPU Quota", config.CPUQuota],
      ["CPUSet CPUs", config.CPUSetCPUs],
      ["CPUSet Mems", config.CPUSetMems],
      ["Cache Mount Namespace", config.CacheMountNS],
      ["Dockerfile Check Config", config.DockerfileCheckConfig],
      ["Source Date Epoch", config.SourceDateEpoch],
      ["Sandbox Hostname", config.SandboxHostname],
    ]),
    ...config.RestRaw.map(({ Name, Value }) => `${Name}:\t${Value}\n`),
  ];
}

function errorText(error: Inspection["Error"], { debug }: InspectTextOptions): string {
  if (error === undefined) return "";
  const logs = error.Logs.length === 0
    ? ""
    : `Logs:\n> => ${error.Name}:\n${error.Logs.map((line) => `> ${line}\n`).join("")}\n`;
  const stack = error.Stack === ""
    ? ""
    : debug
    ? `\n${error.Stack}\n`
    : "Enable --debug to see stack traces for error\n";
  return error.Sources + logs + stack;
}

function shown(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs.filter(([, value]) => value !== "").map(([name, value]) => `${name}:\t${value}\n`);
}

function pairTable(title: string, pairs: readonly Pair[]): string {
  if (pairs.length === 0) return "";
  const lines = pairs.map(({ Name, Value }) => `${Name}\t${Value}\n`);
  return `${columns([`${title.toUpperCase()}\tVALUE\n`, ...lines])}\n`;
}

/** Rows under their headers; empty if there are no rows. */
function listTable(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length < 2) return "";
  return `${title}\n${columns(rows.map((row) => `${row.join("\t")}\n`))}\n`;
}

function columns(lines: readonly string[]): string {
  return alignColumns(lines.join(""), { padding: 1, minimum: 1, tabs: 8 });
}

/** A number of bytes for people; other texts (`-1` for no limit) stay as they are. */
function size(text: string): string {
  return /^\d+$/.test(text) ? formatBytes(Number(text)) : text;
}

/** Without decimals; halves go to the even neighbour, as Go rounds. */
function evenly(value: number): string {
  const floor = Math.floor(value);
  const up = value - floor > 0.5 || (value - floor === 0.5 && floor % 2 === 1);
  return String(up ? floor + 1 : floor);
}
