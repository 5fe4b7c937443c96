/**
 * The block below a good build on a terminal: what was made, where it went, and what took the time.
 */
import { formatBytes, formatSeconds } from "../../base/units.ts";
import { cutToWidth, printable } from "../../base/width.ts";
import { implicitName } from "../../builders/builder.ts";
import { calledAs } from "../../cli/called_as.ts";
import type { Deps } from "../../cli/deps.ts";
import { paint, readColors } from "../../progress/colors.ts";
import { isInternal, type State, type VertexState } from "../../progress/state.ts";
import type { Output } from "../spec/output.ts";
import type { Answers } from "./result.ts";

/** One target that was built. */
export interface BuiltTarget {
  readonly target: string;
  readonly outputs: readonly (Pick<Output, "type" | "attrs" | "target"> & {
    readonly names?: readonly string[];
  })[];
  readonly answers: Answers;
  /** Bytes of the image; undefined if unknown. */
  readonly size: number | undefined;
}

/** Shows the block on the terminal that showed the build. */
export function showSummary(
  targets: readonly BuiltTarget[],
  state: State,
  { stderr, env, plugin }: Pick<Deps, "stderr" | "env" | "plugin">,
): void {
  const dim = readColors(env).colors.log;
  const rows = summary(targets, state, stderr.size()?.columns ?? 80);
  const text = rows.map(({ label, value }) => `${paint(label, dim)}${calledAs(value, plugin)}\n`);
  stderr.write(`\n${text.join("")}`);
}

/** The rows of the block. */
export function summary(
  targets: readonly BuiltTarget[],
  state: State,
  columns: number,
): { readonly label: string; readonly value: string }[] {
  const rows = targets.length === 1
    ? ofOne(targets[0]!, state)
    : targets.map((each): [string, string] => [each.target, inOneLine(each)]);
  rows.push(["steps", stepsText(state)]);
  const ref = targets.length === 1 ? targets[0]!.answers["buildx.build.ref"] : undefined;
  if (ref !== undefined) rows.push(["timeline", `fairlead history timeline ${refWords(ref)}`]);
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => {
    // So much room is left that a digest fits 80 columns.
    const padded = `${printable(label).padEnd(width)} `;
    // A digest or a command is copied, so it is never cut.
    const isCut = label === "steps";
    const room = columns - 1 - padded.length;
    return { label: padded, value: isCut ? cutToWidth(printable(value), room) : printable(value) };
  });
}

function ofOne({ outputs, answers, size }: BuiltTarget, state: State): [string, string][] {
  const names = namesOf(outputs, answers);
  const digest = answers["containerimage.digest"];
  const bytes = size ?? sentBytes(state);
  return [
    ...names === "" ? [] : [["image", names] as [string, string]],
    ...digest === undefined ? [] : [["digest", digest] as [string, string]],
    ...bytes === 0 ? [] : [["size", formatBytes(bytes)] as [string, string]],
    ...outputs.map((output): [string, string] => ["output", placeOf(output)]),
  ];
}

function inOneLine({ outputs, answers, size }: BuiltTarget): string {
  const digest = answers["containerimage.digest"];
  const places = outputs.map(placeOf).join(", ");
  const parts = [
    namesOf(outputs, answers),
    digest?.slice(0, "sha256:".length + 12) ?? "",
    size === undefined ? "" : formatBytes(size),
    places || "stays in the build cache",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function namesOf(outputs: BuiltTarget["outputs"], answers: Answers): string {
  const names = answers["image.name"] ??
    outputs.map(({ attrs, names }) => names?.join(",") ?? attrs["name"] ?? "")
      .find((name) => name !== "") ??
    "";
  return names.split(",").join(", ");
}

/** `pushed`, `loaded into docker`, `folder out`. */
function placeOf({ type, attrs, target }: BuiltTarget["outputs"][number]): string {
  switch (target.to) {
    case "daemon":
      if (attrs["push"] === "true") return "pushed";
      return type === "image" ? "stays with the builder" : `made by the builder (${type})`;
    case "engine":
      return `loaded into ${target.program}`;
    case "containerd":
      return "loaded into containerd";
    case "file":
      return `file ${target.path}`;
    case "directory":
      return `folder ${target.path}`;
    case "layout":
      return `OCI layout ${target.path}`;
    case "stdout":
      return "standard output";
  }
}

/** Bytes that an output without an image has sent to this side. */
function sentBytes({ started }: State): number {
  return started.flatMap(({ statuses }) => statuses)
    .filter(({ id }) => /^(?:copying files|sending tarball)\b/.test(id))
    .reduce((sum, { current }) => sum + current, 0);
}

/** `8 of 12 cached, slowest: 3.3s [app 3/3] RUN make` */
function stepsText({ started }: State): string {
  const steps = started.filter((vertex) => !isInternal(vertex));
  const cached = steps.filter((vertex) => vertex.cached).length;
  const time = (vertex: VertexState) => vertex.spans.duration(0);
  const slowest = steps.filter((vertex) => !vertex.cached).sort((a, b) => time(b) - time(a))[0];
  const counted = `${cached} of ${steps.length} cached`;
  if (slowest === undefined || time(slowest) < 50) return counted;
  return `${counted}, slowest: ${formatSeconds(time(slowest))} ${slowest.name}`;
}

function refWords(ref: string): string {
  const [builder, , name = ref] = ref.split("/");
  return builder === implicitName ? name : `--builder ${builder} ${name}`;
}
