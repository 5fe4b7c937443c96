/** The remedy for an instruction that names a file which its context lacks. */
import { nearest } from "../../base/nearest.ts";
import { cleanPath } from "../../base/paths.ts";
import { maybe } from "../../base/maybe.ts";
import { namesIn, statOf } from "../../base/stat.ts";
import type { Filter, FolderMatches } from "../../buildkit/fsync/patterns/filter.ts";
import type { PreparedBuild } from "../prepare.ts";
import { ignoreFileOf } from "../inputs/ignore_file.ts";
import { type Blamed, instructionAt, sourceOf, stagesOf } from "./dockerfile_text.ts";

/** The parts of a build that the remedy depends on. */
export type HintInputs = Pick<
  PreparedBuild["inputs"],
  "mounts" | "filename" | "isRemote" | "state" | "links" | "attrs"
>;

/** The number of a folder's entries that are compared with the missing name. */
const MOST_ENTRIES = 10_000;

/**
 * A sentence that names the context, says whether `.dockerignore` excludes the file, and suggests
 * the nearest name.
 * @param path from the root of the context, in the daemon's words: `/src/main.go`
 */
export async function missingFileHint(
  path: string,
  blamed: Blamed,
  inputs: HintInputs,
): Promise<string | undefined> {
  const instruction = instructionAt(blamed);
  const wanted = cleanPath(`/${path}`).slice(1);
  const from = sourceOf(instruction, path);
  const above = from === undefined && /^(?:COPY|ADD)\b.*?\s(\.\.\/\S*)/i.exec(instruction)?.[1];
  if (above) {
    return `${above} is outside of the context: build from a folder above it, or add ` +
      "--build-context NAME=.. and write COPY --from=NAME";
  }
  if (from !== undefined) return elsewhere(from, wanted, blamed.text, inputs);
  if (inputs.isRemote) return `the context ${inputs.state.localPath} has no ${wanted}`;
  const folder = inputs.mounts.get("context");
  if (folder === undefined) return `the archive on stdin has no ${wanted}`;
  if (inputs.state.localPath === "-") {
    return "a Dockerfile on stdin has no context: name a folder, like 'build -f - .'";
  }
  return await inFolder(`the context ${folder}`, folder, wanted, inputs);
}

function elsewhere(
  from: string,
  wanted: string,
  dockerfile: string,
  inputs: HintInputs,
): Promise<string> | string {
  const local = inputs.attrs[`context:${from}`]?.replace(/^local:/, "");
  const folder = local === undefined ? undefined : inputs.mounts.get(local);
  if (folder !== undefined) {
    return inFolder(`the context ${from} (${folder})`, folder, wanted, inputs);
  }
  if (inputs.links.has(from)) {
    return `the result of target ${inputs.links.get(from)} has no ${wanted}`;
  }
  const isStage = /^\d+$/.test(from) ||
    stagesOf(dockerfile).some((name) => name.toLowerCase() === from.toLowerCase());
  return `the ${isStage ? "stage" : "image"} ${from} has no ${wanted}; ` +
    "without --from, the file is taken from the context";
}

async function inFolder(
  place: string,
  folder: string,
  wanted: string,
  inputs: HintInputs,
): Promise<string> {
  const missing = firstMissing(folder, wanted);
  if (missing === undefined) {
    const ignore = await excludedBy(folder, wanted, inputs);
    return ignore === undefined
      ? `${wanted} is in ${place} now: build again`
      : `${ignore} excludes ${wanted} from ${place}: add the line !${wanted}`;
  }
  const { parent, name } = missing;
  const inPlace = nearest(name, namesIn(`${folder}/${parent}`).slice(0, MOST_ENTRIES));
  const near = inPlace === undefined ? below(folder, name) : `${parent}${inPlace}`;
  const lacking = `${place} has no ${parent}${name}`;
  if (near === undefined) {
    return `${lacking}: paths of COPY and ADD are relative to the context`;
  }
  const ignore = await excludedBy(folder, near, inputs);
  return `${lacking}; did you mean ${near}?` +
    (ignore === undefined ? "" : ` ${ignore} excludes that one`);
}

/** The first part of a path that doesn't exist, and the folder above it with a slash at its end. */
function firstMissing(folder: string, wanted: string) {
  let parent = "";
  for (const name of wanted.split("/")) {
    // A pattern names no single file.
    if (/[*?[]/.test(name)) return undefined;
    if (statOf(`${folder}/${parent}${name}`) === undefined) return { parent, name };
    parent += `${name}/`;
  }
  return undefined;
}

/**
 * The path of the only entry of that name in the folders of a context; undefined for none or
 * several.
 */
function below(folder: string, name: string): string | undefined {
  const found: string[] = [];
  const folders = [""];
  let left = MOST_ENTRIES;
  for (const path of folders) {
    // A folder that can't be read suggests nothing.
    for (const entry of maybe(() => [...Deno.readDirSync(`${folder}/${path}`)]) ?? []) {
      if (left-- <= 0) return undefined;
      if (entry.name === name) found.push(`${path}${name}`);
      if (entry.isDirectory && entry.name !== ".git") folders.push(`${path}${entry.name}/`);
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** The path of the ignore file that hides a path of the context; undefined if none does. */
async function excludedBy(
  folder: string,
  wanted: string,
  inputs: HintInputs,
): Promise<string | undefined> {
  try {
    const file = ignoreFileOf(inputs, folder);
    if (file === undefined) return undefined;
    const { makeFilter } = await import("../../buildkit/fsync/patterns/filter.ts");
    const filter = await makeFilter({ includes: [], excludes: file.patterns });
    return filter && !isSent(filter, wanted) ? file.path : undefined;
  } catch {
    return undefined;
  }
}

function isSent(filter: Filter, wanted: string): boolean {
  const parts = wanted.split("/");
  let parent: FolderMatches | undefined;
  for (let length = 1; length < parts.length; length++) {
    const verdict = filter.folder(parts.slice(0, length).join("/"), parent);
    if (!verdict.walked) return false;
    parent = verdict;
  }
  return filter.file(parts.join("/"), parent);
}
