import { exists } from "../../base/stat.ts";
import { listJson } from "../../bake/definition/list.ts";
import { readDefinition } from "../../bake/definition/read.ts";
import { fileNames } from "../bake/file_names.ts";
import { readLocalFiles } from "../bake/local_files.ts";
import { readOptions } from "../bake/read_options.ts";
import { isRemote } from "../../builds/spec/remote.ts";
import { localVertexes } from "../../progress/local.ts";
import { type Candidates, harmless, nothing } from "./candidates.ts";
import type { Asked } from "./live.ts";

/** The targets and groups of the command line's definition; none if the definition is remote. */
export async function bakeTargets({ deps, flags, args }: Asked): Promise<Candidates> {
  if (args.some(isRemote)) return nothing;
  const names = fileNames(flags.get("file") ?? [], deps.env, exists);
  const local = localVertexes(() => {}, deps.clock.now);
  const files = await readLocalFiles(names.all, { deps, local, fromEnv: names.fromEnv });
  const vars = flags.get("var") ?? [];
  const options = readOptions(deps, { vars, context: "cwd://", warn: () => {} });
  const targets: { name: string; description?: string }[] | null = JSON.parse(
    listJson(await readDefinition(files, options), "targets"),
  );
  return harmless({
    words: (targets ?? []).filter(({ name }) => !args.includes(name))
      .map(({ name, description = "" }) => ({ word: name, about: description })),
  });
}
