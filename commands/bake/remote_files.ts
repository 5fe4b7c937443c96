/** Definitions that the daemon fetches: from a git repository, or one file over http. */
import { openAgents } from "../../buildkit/session/ssh_agents.ts";
import { openSecrets } from "../../buildkit/session/secret_source.ts";
import type { DefinitionFile } from "../../bake/options.ts";
import { type FarContext, readContextFiles } from "../../builds/inputs/context_files.ts";
import { fetchFile } from "../../builds/inputs/fetch_file.ts";
import type { NodeClients } from "../../builds/nodes/node_clients.ts";
import { isGit } from "../../builds/spec/remote.ts";
import { openShared } from "../../builds/running/services.ts";
import { isArchive } from "../../builds/inputs/stdin.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Progress } from "../../progress/progress.ts";
import { UsageError } from "../../base/usage_error.ts";
import { DEFAULT_FILES } from "./file_names.ts";
import { definitionAccess } from "./git_access.ts";

/** The largest definition, in bytes. */
const LARGEST = 2 << 20;

/** The definition at a URL. */
export interface RemoteDefinition {
  readonly files: readonly DefinitionFile[];
  /** The repository that the definition's paths lead into; undefined for this machine. */
  readonly repository: string | undefined;
}

/**
 * Reads the named files, or the default ones that exist. A URL of no repository is a single file,
 * and `names` are ignored. Throws `UsageError` and RpcError.
 */
export async function readRemoteFiles(
  url: string,
  names: readonly string[],
  { deps, nodes, progress }: {
    readonly deps: Deps;
    readonly nodes: NodeClients;
    readonly progress: Progress;
  },
): Promise<RemoteDefinition> {
  const client = await nodes.at(0);
  if (!isGit(url)) {
    const data = await fetchFile(client, url, "definition", { deps, progress });
    if (isArchive(data)) {
      throw new UsageError(
        `cannot read a definition from ${url}: it is an archive`,
        "name a git repository, or the definition file itself",
      );
    }
    return { files: [{ name: url, data: new Uint8Array(data) }], repository: undefined };
  }
  const access = definitionAccess(url, deps.env);
  const far: FarContext = {
    url,
    secrets: await openSecrets(
      access.secrets.map(({ id, env }) => ({ id, env })),
      deps.env,
    ),
    agents: await openAgents(access.agents, deps.env),
  };
  const wanted = names.length > 0 ? names : DEFAULT_FILES;
  // Files of a repository need no login for a registry.
  using shared = openShared({ deps, progress, registryLogins: new Set() });
  const found = await readContextFiles(client, far, {
    names: wanted,
    length: LARGEST + 1,
  }, { deps, progress, shared });
  const files = wanted.flatMap((name, at): DefinitionFile[] => {
    const data = found[at];
    if (data === undefined) {
      if (names.length === 0) return [];
      throw new UsageError(`open ${name}: no such file or directory in ${withoutSecrets(url)}`);
    }
    if (data.length > LARGEST) {
      throw new UsageError(`definition ${name} bigger than allowed max size (2.097MB)`);
    }
    return [{ name, data: new Uint8Array(data) }];
  });
  return { files, repository: url };
}

function withoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");
}
