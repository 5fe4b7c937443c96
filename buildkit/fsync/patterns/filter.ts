/**
 * Selects the entries of a tree that are sent: entries that match the includes (all, when there are
 * none) and not the excludes. A folder that doesn't match is still walked when an entry in it could
 * match. It is then sent just before the first such entry.
 */
import { type ParentMatches, parsePatterns, type PatternList } from "./pattern.ts";

/** The rules that matched a folder, for its children. */
export interface FolderMatches {
  readonly includes: ParentMatches;
  readonly excludes: ParentMatches;
}

/** The filter's result for a folder. */
interface FolderVerdict extends FolderMatches {
  /** The folder is sent, whether or not an entry in it is. */
  readonly sent: boolean;
  /** An entry in the folder may be sent. */
  readonly walked: boolean;
}

/** A filter over relative paths with `/`. Folders are queried from the top down. */
export interface Filter {
  /** Whether an entry other than a folder is sent. `parent`: its folder's result, if it has one. */
  file(path: string, parent: FolderMatches | undefined): boolean;
  folder(path: string, parent: FolderMatches | undefined): FolderVerdict;
}

/** The daemon's patterns, with links already followed (see `follow_links.ts`). */
interface FilterPatterns {
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

/** Makes a filter; undefined to send everything. Rejects with FsyncError for wrong syntax. */
export async function makeFilter(patterns: FilterPatterns): Promise<Filter | undefined> {
  if (patterns.includes.length === 0 && patterns.excludes.length === 0) return undefined;
  // A list of blank rules is a list all the same: such includes match nothing.
  const [includes, excludes] = await Promise.all(
    [patterns.includes, patterns.excludes].map((rules) =>
      rules.length === 0 ? undefined : parsePatterns(rules)
    ),
  );
  const canInclude = includes && makeReach(includes, false);
  const canExcept = excludes && makeReach(excludes, true);
  return {
    file: (path, parent) =>
      (includes === undefined || includes.matches(path, parent?.includes)) &&
      (excludes === undefined || !excludes.matches(path, parent?.excludes)),
    folder(path, parent) {
      const included = includes && new Uint8Array(includes.patterns.length);
      const excluded = excludes && new Uint8Array(excludes.patterns.length);
      const verdict = (sent: boolean, walked: boolean) => ({
        sent,
        walked,
        includes: included,
        excludes: excluded,
      });
      let sent = true;
      if (includes !== undefined && !includes.matches(path, parent?.includes, included)) {
        if (!canInclude!(path)) return verdict(false, false);
        sent = false;
      }
      if (excludes?.matches(path, parent?.excludes, excluded)) {
        if (!canExcept!(path)) return verdict(false, false);
        sent = false;
      }
      return verdict(sent, true);
    },
  };
}

/**
 * Whether a rule could match an entry in a folder that doesn't match itself: the rules without `!`
 * for includes, those with it for excludes. This is known only where all of them are plain paths;
 * otherwise every folder is walked.
 */
function makeReach(list: PatternList, exclusion: boolean): (folder: string) => boolean {
  const prefixes = list.patterns.filter((pattern) => pattern.exclusion === exclusion)
    .map((pattern) => pattern.text.replace(/\/\*\*$/, "").replace(/\/\*$/, ""));
  if (prefixes.some((prefix) => /[*[\]?^\\]/.test(prefix))) return () => true;
  return (folder) => prefixes.some((prefix) => `${prefix}/`.startsWith(`${folder}/`));
}
