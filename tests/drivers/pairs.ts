/**
 * Random command lines of `create`, run by both programs: the entries in the store, and the objects
 * that a boot makes, must be the same.
 */
import { equal } from "node:assert/strict";
import { parse } from "smol-toml";
import type { Workspace } from "../build/workspace.ts";
import { chaos } from "../chaos/tally.ts";
import { pick } from "../harness/random.ts";

/** How a driver's builders are made and compared. */
export interface Pairs<Made> {
  readonly driver: string;
  /** How many command lines; `FAIRLEAD_PAIRS` tries more of them. */
  readonly count: number;
  /** Has no builder. */
  readonly space: Workspace;
  /** The words after `create --name NAME`. @param i the number of the pair */
  commandLine(i: number): string[];
  /** An option that stands in lines without a choice of it, and is right. */
  readonly usual?: string;
  /** An error without what the programs word differently. */
  error?(line: string): string;
  /** A TOML file in the form to compare: the programs lay it out in other ways. */
  readable(toml: unknown): unknown;
  /** Returns the objects that were made since the last call. */
  take(): Made | Promise<Made>;
  /** Compares the objects of both programs. @param plan what `create --dry-run` prints */
  compare(own: Made, theirs: Made, plan: string, shown: string): void | Promise<void>;
}

export async function comparePairs<Made>(pairs: Pairs<Made>, seed: number): Promise<void> {
  const { driver, space, error = (line) => line } = pairs;
  const count = Number(Deno.env.get("FAIRLEAD_PAIRS") ?? pairs.count);
  const forget = () => Deno.removeSync(space.path(".store"), { recursive: true });
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const name = `b${i}`;
    const line = ["create", "--name", name, ...pairs.commandLine(i)];
    const shown = `seed ${seed}, pair ${i}: ${line.join(" ")}`;
    const boot = ["inspect", "--bootstrap", name];
    const theirs = await space.buildx(line);
    const theirEntry = entryOf(pairs, name);
    if (theirs.code === 0) await space.buildx(boot);
    const made = await pairs.take();
    forget();
    const ours = await space.inside(line);
    equal(ours.code, theirs.code, `${shown}\n${theirs.stderr}\n${ours.stderr}`);
    same(entryOf(pairs, name), theirEntry, shown);
    if (theirs.code !== 0) {
      refused++;
      // When several options are wrong, buildx names any of them.
      const options = line.filter((word, at) =>
        word === "--driver-opt" && line[at + 1] !== pairs.usual
      );
      const errorOf = ({ stderr }: { readonly stderr: string }) =>
        error(stderr.split("\n").find((each) => each.startsWith("ERROR: ")) ?? "");
      if (options.length < 2) same(errorOf(ours), errorOf(theirs), shown);
      continue;
    }
    const elsewhere = { BUILDX_CONFIG: space.path(".plans") };
    const plan = await space.inside([...line, "--dry-run"], elsewhere);
    equal(plan.code, 0, `${shown}\n${plan.stderr}`);
    await space.inside(boot);
    await pairs.compare(await pairs.take(), made, plan.stdout, shown);
    forget();
  }
  const text = `${driver} beside buildx: ${count} command lines, ${refused} refused by both`;
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}, seed ${seed}\n`));
}

/** A builder's entry in the store, without the random part of its endpoint; undefined for none. */
function entryOf({ space, readable }: Pairs<unknown>, name: string): unknown {
  let text: string;
  try {
    text = space.read(`.store/instances/${name}`);
  } catch {
    return undefined;
  }
  const group = JSON.parse(text);
  for (const node of group.Nodes) {
    node.Endpoint = node.Endpoint.replace(/buildkit-[-0-9a-f]{36}-[0-9a-f]{5}/, "RANDOM");
    for (const [path, base64] of Object.entries<string>(node.Files ?? {})) {
      node.Files[path] = readableFile(path, Uint8Array.fromBase64(base64), readable);
    }
  }
  return group;
}

/** A file of a builder in the form to compare. */
export function readableFile(
  path: string,
  bytes: Uint8Array,
  readable: Pairs<unknown>["readable"],
): unknown {
  const text = new TextDecoder().decode(bytes);
  return path.endsWith(".toml") ? readable(parse(text)) : text;
}

/** Compares as JSON; a failure names the command line, and shows both sides. */
export function same(ours: unknown, theirs: unknown, shown: string): void {
  const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)];
  equal(left, right, `${shown}\nours:   ${left}\ntheirs: ${right}`);
}

/** The seed of this run, and choices by it. */
export function seededChoices() {
  const { seed, random } = chaos();
  return { seed, random, pick: <T>(all: readonly T[]): T => pick(random, all) };
}
