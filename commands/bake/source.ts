/** Reads the definition of a run. */
import type { DefinitionFile } from "../../bake/options.ts";
import type { NodeClients } from "../../builds/nodes/node_clients.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Progress } from "../../progress/progress.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { FileNames } from "./file_names.ts";
import { readLocalFiles } from "./local_files.ts";

/** The definition's files, and the repository that their paths lead into. */
export interface Source {
  readonly files: readonly DefinitionFile[];
  /** The git repository of the files; undefined when their paths lead to this machine. */
  readonly repository: string | undefined;
}

/**
 * Reads the named files, or the default ones. With `url`, only files with `cwd://` are read from
 * this machine. Throws `UsageError` where there is no definition.
 */
export async function readSource(
  url: string | undefined,
  names: FileNames,
  { deps, progress, nodes }: {
    readonly deps: Deps;
    readonly progress: Progress;
    /** Needed where there is a URL. */
    readonly nodes: NodeClients | undefined;
  },
): Promise<Source> {
  const files: DefinitionFile[] = [];
  let repository: string | undefined;
  if (url !== undefined) {
    const { readRemoteFiles } = await import("./remote_files.ts");
    const remote = await readRemoteFiles(url, names.remote, { deps, progress, nodes: nodes! });
    files.push(...remote.files);
    repository = remote.repository;
  }
  if (url === undefined || names.local.length > 0) {
    const local = url === undefined ? names.all : names.local;
    const { fromEnv } = names;
    files.push(...await readLocalFiles(local, { deps, local: progress.local, fromEnv }));
  }
  if (files.length > 0) return { files, repository };
  throw new UsageError(
    "couldn't find a bake definition",
    "name a file with -f; without -f, bake looks for docker-bake.hcl, compose.yaml and similar names",
  );
}
