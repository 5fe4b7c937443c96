/**
 * The variables of a stopped thread: references, each of which is looked up when it is first asked
 * for.
 */
import { byKey } from "../../base/by_key.ts";
import { fileModeText, isFolder, isRegular } from "../../base/go/file_mode.ts";
import type { Files } from "../../buildkit/files.ts";
import type { Stat } from "../../proto/gen/fsutil_types.ts";
import type { Platform } from "../../proto/gen/pb_types.ts";
import type { ExecOp } from "../../proto/gen/steps_types.ts";
import type { Frame } from "./program.ts";
import { joinBytes } from "../../base/bytes.ts";
import { cut } from "../../base/cut.ts";

/** A variable of the protocol. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** 0 for one without parts. */
  readonly variablesReference: number;
}

type Listing = () => Variable[] | Promise<Variable[]>;

/** References to lists of variables. They are valid until `clear`. */
export interface References {
  add(list: Listing): number;
  get(reference: number): Promise<Variable[]>;
  clear(): void;
}

/** The bits of a reference below its thread's number. */
const THREAD_SHIFT = 24;

/** The thread of a reference. */
export const threadOfReference = (reference: number): number => reference >> THREAD_SHIFT;

/** References of a thread. */
export function referencesOf(thread: number): References {
  const lists = new Map<number, () => Promise<Variable[]>>();
  let last = 0;
  return {
    add(list) {
      const reference = thread << THREAD_SHIFT | ++last;
      let found: Promise<Variable[]> | undefined;
      lists.set(reference, () => found ??= Promise.resolve().then(list));
      return reference;
    },
    get: async (reference) => await lists.get(reference)?.() ?? [],
    clear() {
      lists.clear();
      last = 0;
    },
  };
}

const plain = (name: string, value: string): Variable => ({ name, value, variablesReference: 0 });

/** The arguments of a step: its platform, and the program that it runs. */
export function argumentsOf({ op }: Frame, refs: References): Variable[] {
  return [
    ...op.platform ? [platformVariable(op.platform, refs)] : [],
    ...op.exec ? [execVariable(op.exec, refs)] : [],
  ];
}

function platformVariable(platform: Platform, refs: References): Variable {
  const { Architecture, OS, Variant, OSVersion } = platform;
  return {
    name: "platform",
    value: `${OS}/${Architecture}`,
    variablesReference: refs.add(() => [
      plain("architecture", Architecture),
      plain("os", OS),
      ...Variant ? [plain("variant", Variant)] : [],
      ...OSVersion ? [plain("osversion", OSVersion)] : [],
    ]),
  };
}

function execVariable({ meta }: ExecOp, refs: References): Variable {
  const { args = [], env = [], cwd = "", user = "" } = meta ?? {};
  const listed = (name: string, values: readonly string[], list: Listing): Variable => ({
    name,
    value: brief(values.join(" ")),
    variablesReference: refs.add(list),
  });
  return {
    name: "exec",
    value: args.join(" "),
    variablesReference: refs.add(() => [
      listed("args", args, () => args.map((arg, i) => plain(String(i), arg))),
      listed("env", env, () =>
        env.map((pair) => {
          const [name, value = ""] = cut(pair, "=");
          return plain(name, value);
        })),
      ...cwd ? [plain("workdir", cwd)] : [],
      ...user ? [plain("user", user)] : [],
    ]),
  };
}

function brief(text: string): string {
  return text.length >= 64 ? `${text.slice(0, 60)} ...` : text;
}

/** One variable for each file system. */
export function explorer(trees: ReadonlyMap<string, Files>, refs: References): Variable[] {
  return [...trees].sort(byKey).map(([name, files]) => ({
    name,
    value: "",
    variablesReference: refs.add(() => folder(files, "/", refs)),
  }));
}

async function folder(files: Files, path: string, refs: References): Promise<Variable[]> {
  try {
    const entries = await files.readDir(path);
    entries.sort((a, b) => a.path < b.path ? -1 : 1);
    return entries.map((stat) => entry(files, path, stat, refs));
  } catch (error) {
    return [plain("error", (error as Error).message)];
  }
}

function entry(files: Files, parent: string, stat: Stat, refs: References): Variable {
  const path = `${parent.replace(/\/$/, "")}/${stat.path}`;
  if (isFolder(stat.mode)) {
    const own = () => ({
      name: ".",
      value: statText(stat),
      variablesReference: refs.add(() => statVariables(stat)),
    });
    const list = async () => [own(), ...await folder(files, path, refs)];
    return { name: `${stat.path}/`, value: "", variablesReference: refs.add(list) };
  }
  const list = async () => [
    ...isRegular(stat.mode) ? [plain("data", await dataText(files, path))] : [],
    ...statVariables(stat),
  ];
  return { name: stat.path, value: statText(stat), variablesReference: refs.add(list) };
}

/** The bytes that show whether a file is text. */
const START = 512;
/** An editor shows no more of a text, in bytes. */
const LONGEST_TEXT = 1 << 20;

async function dataText(files: Files, path: string): Promise<string> {
  try {
    let bytes = await files.readFile(path, { length: START });
    if (isBinary(bytes.subarray(0, START))) return "binary data";
    if (bytes.length === START) {
      const rest = await files.readFile(path, { offset: START, length: LONGEST_TEXT });
      bytes = joinBytes([bytes, rest]);
    }
    return new TextDecoder().decode(bytes);
  } catch (error) {
    return (error as Error).message;
  }
}

/** A zero byte, or many control characters and broken UTF-8. */
function isBinary(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return true;
  const text = new TextDecoder().decode(bytes);
  // deno-lint-ignore no-control-regex -- they are looked for
  const odd = text.match(/[\x01-\x08\x0b-\x1f\ufffd]/g)?.length ?? 0;
  return odd > text.length * 0.3;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function timeText({ modTime }: Stat): string {
  const date = new Date(Number(modTime / 1_000_000n));
  const clock = Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(11, 19);
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()} ${clock} ${date.getUTCFullYear()}`;
}

function statText(stat: Stat): string {
  return `${fileModeText(stat.mode)} ${stat.uid}:${stat.gid} ${timeText(stat)}`;
}

function statVariables(stat: Stat): Variable[] {
  return [
    ...stat.linkname ? [plain("linkname", stat.linkname)] : [],
    plain("mode", fileModeText(stat.mode)),
    plain("uid", String(stat.uid)),
    plain("gid", String(stat.gid)),
    plain("mtime", timeText(stat)),
  ];
}
