/**
 * Logins for a part of a registry, as buildx keeps them: `<buildx
 * dir>/config/HOST[/REPO][@ACTION,…]` is a folder with a `config.json` of docker's form. Only that
 * login is used for a token of exactly one resource, in the folder's repository and with the
 * folder's actions.
 */
import type { CredentialSource } from "./credentials.ts";
import { cut } from "../../../base/cut.ts";

/** A folder's name, understood. */
interface Scoped {
  readonly folder: string;
  readonly host: string;
  /** The repository; empty for every one. */
  readonly repository: string;
  /** The actions; empty for any. */
  readonly actions: readonly string[];
}

/**
 * @param directory `<buildx dir>/config`; it need not exist
 * @param base the logins where no folder applies
 * @param open the logins of a folder with a config.json
 */
export function scopedCredentials(
  directory: string,
  base: CredentialSource,
  open: (folder: string) => CredentialSource,
): CredentialSource {
  let list: Promise<Scoped[]> | undefined;
  const sources = new Map<string, CredentialSource>();

  async function sourceFor(host: string, scopes: readonly string[]): Promise<CredentialSource> {
    const wanted = parseScopes(scopes);
    if (wanted.size !== 1) return base;
    const [[resource, actions]] = wanted as unknown as [[string, ReadonlySet<string>]];
    const [best] = (await (list ??= listFolders(directory)))
      .filter((scoped) => scoped.host === host && fits(scoped, resource, actions))
      .sort((a, b) => compare(b.repository, a.repository) || b.actions.length - a.actions.length);
    if (!best) return base;
    const source = sources.get(best.folder) ?? open(best.folder);
    sources.set(best.folder, source);
    return source;
  }

  return {
    lookup: async (host, scopes = []) => await (await sourceFor(host, scopes)).lookup(host, scopes),
    async has(host) {
      const folders = await (list ??= listFolders(directory));
      return folders.some((scoped) => scoped.host === host) || await base.has(host);
    },
  };
}

/** `repository:a/b:pull,push` and more, with blanks between: resource → actions. */
function parseScopes(texts: readonly string[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const text of texts.flatMap((text) => text.split(" "))) {
    const [, type = text, name, actions] = /^([^:]*):([^:]*)(?::(.*))?$/s.exec(text) ?? [];
    const resource = name === undefined ? type : `${type}:${name}`;
    const set = found.get(resource) ?? new Set();
    for (const action of actions?.split(",") ?? []) set.add(action);
    found.set(resource, set);
  }
  return found;
}

/** Joins the scopes of one resource, and sorts: `repository:a:pull` and `…:a:pull,push`. */
export function joinScopes(texts: readonly string[]): string[] {
  return [...parseScopes(texts)]
    .map(([resource, actions]) =>
      actions.size > 0 ? `${resource}:${[...actions].join(",")}` : resource
    )
    .sort();
}

function fits(scoped: Scoped, resource: string, actions: ReadonlySet<string>): boolean {
  const { repository } = scoped;
  if (repository !== "" && resource !== `repository:${repository}`) return false;
  return scoped.actions.every((action) => actions.has(action));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Lists the folders below that have a config.json; unreadable ones are left out. */
async function listFolders(directory: string, below = ""): Promise<Scoped[]> {
  const found: Scoped[] = [];
  try {
    for await (const entry of Deno.readDir(`${directory}/${below}`)) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory) found.push(...await listFolders(directory, path));
      else if (entry.name === "config.json" && below !== "") {
        found.push(parseFolder(`${directory}/${below}`, below));
      }
    }
  } catch {
    // The folder is usually absent.
  }
  return found;
}

function parseFolder(folder: string, name: string): Scoped {
  const [main, scope = ""] = cut(name, "@");
  const [host, repository = ""] = cut(main, "/");
  return {
    folder,
    host,
    repository,
    actions: scope.split(",").map((action) => action.trim()).filter((action) => action !== ""),
  };
}
