/** Candidates from the store, from daemons and from files. */
import { stagesOf } from "../../builds/hints/dockerfile_text.ts";
import { outputTo } from "../../cli/output_to.ts";
import { allBuilders, chooseBuilder, openStore } from "../../builders/builder.ts";
import { within } from "../../base/async.ts";
import type { GlobalValues } from "../../cli/flags/spec.ts";
import { absolutePath } from "../../base/paths.ts";
import { type Deps, withChanges } from "../../cli/deps.ts";
import { readLocalState } from "../history/records/local_state.ts";
import { buildName } from "../history/records/build_name.ts";
import { type Candidates, harmless, nothing, wordsOf } from "./candidates.ts";

/** The words before the cursor, and the process. */
export interface Asked {
  readonly deps: Deps;
  /** `history ls` */
  readonly path: string;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** The arguments before the cursor. */
  readonly args: readonly string[];
  /** The beginning of the word at the cursor. */
  readonly typed: string;
}

/** The time limit of a daemon in milliseconds, because the user waits at the keyboard. */
const PATIENCE = 1500;

/** Every builder, with its driver. */
export function builders({ deps }: Asked): Candidates {
  const all = allBuilders(openStore(deps.env), deps.env);
  const words = all.map(({ name, driver }) => ({ word: name, about: `${driver} builder` }));
  return harmless({ words });
}

/** Builders that weren't named before. */
export function moreBuilders(asked: Asked): Candidates {
  const { words } = builders(asked);
  return { words: words.filter(({ word }) => !asked.args.includes(word)) };
}

/** The nodes of the builder that the command line means. */
export async function nodes({ deps, flags }: Asked): Promise<Candidates> {
  const name = flags.get("name")?.at(-1) ?? flags.get("builder")?.at(-1) ??
    deps.env("BUILDX_BUILDER") ?? "";
  const { nodes } = await chooseBuilder(openStore(deps.env), deps.env, name);
  return harmless({ words: nodes.map(({ name, endpoint }) => ({ word: name, about: endpoint })) });
}

/** The builds that the builder's daemons know, the newest first. */
export async function refs({ deps, flags, args }: Asked): Promise<Candidates> {
  const builder = flags.get("builder")?.at(-1) ?? deps.env("BUILDX_BUILDER") ?? "";
  const global: GlobalValues = {
    ...{ builder, debug: false, "transport-plugin": [], "connect-timeout": PATIENCE },
  };
  const controller = new AbortController();
  const signal = AbortSignal.any([deps.signal, controller.signal]);
  let found: Candidates = nothing;
  const ask = async () => {
    const { reachNodes } = await import("../../cli/builders/reached_nodes.ts");
    const { queryRecords } = await import("../history/records/records.ts");
    // No output may appear on the terminal while the user types there.
    await using nodes = await reachNodes(
      withChanges(deps, { signal, stderr: outputTo(() => {}) }),
      global,
      PATIENCE,
    );
    const records = await queryRecords(nodes, { signal });
    const store = openStore(deps.env);
    found = harmless({
      words: records.map((found) => ({
        word: found.record.Ref,
        about: buildName(found.record.FrontendAttrs, readLocalState(store, found)),
      })).filter(({ word }) => !args.includes(word)),
    });
  };
  await within(ask().catch(() => {}), PATIENCE);
  controller.abort();
  return found;
}

/** The schemes of endpoints, and what they are an example of. */
export function schemes({ deps }: Pick<Asked, "deps">): Candidates {
  const words = deps.registry.transports.map(({ scheme, example }) => ({
    word: `${scheme}://`,
    about: example,
  }));
  return { words, open: true };
}

/** The names of stages in the Dockerfile that the command line means. */
export async function stages({ deps, flags, args }: Asked): Promise<Candidates> {
  const folder = absolutePath(args[0] ?? ".", deps.cwd);
  const file = flags.get("file")?.at(-1);
  const path = file === undefined ? `${folder}/Dockerfile` : absolutePath(file, deps.cwd);
  return harmless(wordsOf(stagesOf(await Deno.readTextFile(path))));
}
