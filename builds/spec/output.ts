/**
 * The outputs of a build: what its result becomes, and where it goes. The daemon gets a type and
 * attributes. The client handles destinations. Messages are buildx's.
 */
import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { OutputEntry } from "../../grammar/output.ts";
import { quote } from "../../base/go/quote.ts";
import { checkTag } from "./tag.ts";
import { readBool } from "../../base/go/bool.ts";

/** Where the bytes of an output go. */
export type OutputTarget =
  /** The daemon keeps or pushes it. */
  | { readonly to: "daemon" }
  /** One stream of bytes. */
  | { readonly to: "file"; readonly path: string }
  | { readonly to: "stdout" }
  /**
   * A Docker engine or podman takes it. `context` names a docker context, and `socket` is the path
   * of podman's socket. Undefined stands for the one in use.
   */
  | {
    readonly to: "engine";
    readonly program: "docker" | "podman";
    readonly context: string | undefined;
    readonly socket: string | undefined;
  }
  /** containerd takes it. */
  | {
    readonly to: "containerd";
    /** The path of its socket; undefined for containerd's own. */
    readonly socket: string | undefined;
    readonly namespace: string | undefined;
  }
  /** A tree of files. */
  | {
    readonly to: "directory";
    readonly path: string;
    readonly mode: "copy" | "delete";
    /**
     * Whether to transfer only files that the folder lacks; undefined where the endpoint decides.
     */
    readonly reuse?: boolean;
    /** The beginning of the names of statements with the files' digests. */
    readonly statementPrefix?: string;
  }
  /** An OCI layout, written by the daemon through a content store. */
  | { readonly to: "layout"; readonly path: string };

/** The path of a socket that was written as `unix:///PATH` or as a path. */
export function socketPath(address: string | undefined): string | undefined {
  return address?.replace(/^unix:\/\//, "");
}

/** An output as the daemon is asked for it. Its index in the list is its id. */
export interface Output {
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly target: OutputTarget;
}

/** The options of `resolveOutputs` besides the entries. */
export interface OutputOptions {
  readonly load: boolean;
  readonly push: boolean;
  /** A tar is never written to a terminal. */
  readonly stdoutIsTerminal: boolean;
}

type Attrs = Readonly<Record<string, string>>;

/**
 * Turns entries into outputs. Images have no names yet. Looks at the destinations, and creates
 * nothing. Throws `UsageError`.
 */
export async function resolveOutputs(
  entries: readonly OutputEntry[],
  options: OutputOptions,
): Promise<Output[]> {
  const outputs = await resolveEntries(entries, options);
  if (options.push && !pushImages(outputs)) {
    outputs.push({
      type: "image",
      attrs: { push: "true", unpack: "false" },
      target: { to: "daemon" },
    });
  }
  // buildx counts a docker output that goes to a file, too, and then loads nothing.
  const loaded = ({ target }: Output) => target.to === "engine" || target.to === "containerd";
  if (options.load && !outputs.some(loaded)) {
    outputs.push(loadInto({}));
  }
  return outputs;
}

/**
 * Turns the entries alone into outputs, without those of `--load` and `--push`. Throws
 * `UsageError`.
 */
export async function resolveEntries(
  entries: readonly OutputEntry[],
  options: Pick<OutputOptions, "stdoutIsTerminal">,
): Promise<Output[]> {
  const outputs: Output[] = [];
  for (const entry of entries) outputs.push(await resolve(entry, options, outputs));
  return outputs;
}

async function resolve(
  entry: OutputEntry,
  options: Pick<OutputOptions, "stdoutIsTerminal">,
  before: readonly Output[],
): Promise<Output> {
  const { type, dest } = entry;
  if (entry.attrs.has("load") && (type !== "docker" || dest !== "")) {
    throw new UsageError(
      "load needs type=docker, and no dest",
      "write type=docker,load=podman, or leave load out",
    );
  }
  if (type === "registry") {
    const attrs = { unpack: "false", ...Object.fromEntries(entry.attrs), push: "true" };
    return { type: "image", attrs, target: { to: "daemon" } };
  }
  const attrs: Record<string, string> = Object.fromEntries(entry.attrs);
  const image = type === "oci" || type === "docker";
  if (type === "local" || image && readBool(attrs["tar"] ?? "") === false) {
    await checkDirectory(type, dest);
    if (image) return { type, attrs, target: { to: "layout", path: dest } };
    const { reuse, ...rest } = attrs;
    const target = { to: "directory", path: dest, mode: modeOf(attrs) } as const;
    return { type, attrs: rest, target: { ...target, ...reuseOf(reuse) } };
  }
  if (type !== "tar" && !image) return { type, attrs, target: { to: "daemon" } };
  if (type === "docker" && dest === "") return loadInto(attrs);
  if (dest !== "" && dest !== "-") {
    await checkFile(dest);
    return { type, attrs, target: { to: "file", path: dest } };
  }
  if (before.some(({ target }) => target.to === "stdout")) {
    throw new UsageError("multiple outputs configured to write to stdout");
  }
  if (options.stdoutIsTerminal) {
    throw new UsageError(
      `dest file is required for ${type} exporter. refusing to write to console`,
      `add dest=FILE to the output, or pipe it to another program`,
    );
  }
  return { type, attrs, target: { to: "stdout" } };
}

/**
 * An image that is loaded on this side, into the program that `load` names. The daemon writes blobs
 * for containerd through a content store, which is the meaning of `tar=false` of the OCI exporter.
 */
function loadInto({ load = "docker", context, socket, namespace, ...attrs }: Attrs): Output {
  const given = { context, socket, namespace };
  const refuse = (...names: (keyof typeof given)[]) => {
    const wrong = names.find((name) => given[name] !== undefined);
    if (wrong === undefined) return;
    throw new UsageError(`${wrong} has no effect with load=${load}`, `leave ${wrong} out`);
  };
  switch (load) {
    case "docker":
      refuse("socket", "namespace");
      return { type: "docker", attrs, target: { to: "engine", program: load, context, socket } };
    case "podman":
      refuse("context", "namespace");
      return { type: "docker", attrs, target: { to: "engine", program: load, context, socket } };
    case "containerd":
      refuse("context");
      return {
        type: "oci",
        attrs: { ...attrs, tar: "false" },
        target: { to: "containerd", socket, namespace },
      };
  }
  throw new UsageError(
    `cannot load into ${quote(load)}`,
    "load must be docker, podman or containerd",
  );
}

function modeOf(attrs: Readonly<Record<string, string>>): "copy" | "delete" {
  const text = attrs["mode"] ?? "";
  const mode = text.trim().toLowerCase();
  if (mode === "" || mode === "copy") return "copy";
  if (mode === "delete") return "delete";
  throw new UsageError(`invalid local exporter mode ${quote(text)}`, "mode must be copy or delete");
}

function reuseOf(text: string | undefined): { readonly reuse?: boolean } {
  if (text === undefined) return {};
  const reuse = readBool(text);
  if (reuse !== undefined) return { reuse };
  throw new UsageError(`invalid value ${quote(text)} for reuse`, "reuse must be true or false");
}

async function checkDirectory(type: string, dest: string): Promise<void> {
  if (dest === "") throw new UsageError(`dest is required for ${type} exporter`);
  if (dest === "-") throw new UsageError(`dest cannot be stdout for ${type} exporter`);
  const stat = await statOf("directory", dest);
  if (stat && !stat.isDirectory) throw new UsageError(`destination directory ${dest} is a file`);
}

async function checkFile(dest: string): Promise<void> {
  const stat = await statOf("file", dest);
  if (dest.endsWith("/") || stat?.isDirectory) {
    throw new UsageError(`destination file ${dest} is a directory`);
  }
}

async function statOf(kind: string, dest: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(dest);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`invalid destination ${kind}: ${dest}: stat ${dest}: ${osReason(error)}`);
  }
}

/** Makes the outputs that are images push. Returns false when there are none. */
function pushImages(outputs: Output[]): boolean {
  let found = false;
  for (const [at, output] of outputs.entries()) {
    if (output.type !== "image") continue;
    outputs[at] = { ...output, attrs: { unpack: "false", ...output.attrs, push: "true" } };
    found = true;
  }
  return found;
}

/**
 * Gives images their names. Tags replace a name of the entry, and a push needs a name. `cacheonly`
 * is no output, and prevents the default one. Throws `UsageError`.
 */
export function nameImages(outputs: readonly Output[], tags: readonly string[]): Output[] {
  const name = tags.map(checkTag).join(",");
  return outputs.filter(({ type }) => type !== "cacheonly").map((output) => {
    const { type, attrs } = output;
    if (name !== "" && (type === "image" || type === "oci" || type === "docker")) {
      return { ...output, attrs: { ...attrs, name } };
    }
    if (type === "image" && !attrs["name"] && readBool(attrs["push"] ?? "")) {
      throw new UsageError("tag is needed when pushing to registry", "add --tag NAME");
    }
    return output;
  });
}
