/** Contexts relative to the file that wrote them (`BUILDX_BAKE_FILE_RELATIVE_PATHS`). */
import { cleanPath, folderOf } from "../../base/paths.ts";
import type { Block } from "../hcl/body.ts";
import type { Expression } from "../hcl/expression.ts";
import type { ContextBase, Target } from "../target.ts";

type IsRemote = (context: string) => boolean;

/** The folder of a definition file; empty for stdin and URLs. */
export function folderOfFile(file: string, isRemote: IsRemote): string {
  return file === "" || file === "-" || isRemote(file) ? "" : folderOf(file);
}

/** Base folders of a target defined wholly in one file. */
export function baseOfFile(folder: string, target: Target): ContextBase {
  const base: ContextBase = { own: folder, contexts: new Map() };
  if (target.context !== undefined) base.context = folder;
  for (const name of target.contexts?.keys() ?? []) base.contexts.set(name, folder);
  return base;
}

/** Base folders of a target that comes from a block. */
export function baseOfBlock({ body, range }: Block, target: Target, isRemote: IsRemote) {
  const base = baseOfFile(folderOfFile(range.file, isRemote), target);
  const context = body.content({ attributes: ["context"] }).attributes.get("context");
  const other = context && contextOf(context.fixed);
  if (other !== undefined) base.contextOf = other;
  return base;
}

/** The name in `target.NAME.context`, if an expression has this form. */
function contextOf(expression: Expression): string | undefined {
  if (expression.kind !== "scope" || expression.root !== "target") return undefined;
  const [name, field, ...more] = expression.steps;
  if (field?.attribute !== "context" || more.length > 0 || name === undefined) return undefined;
  if (name.attribute !== undefined) return name.attribute;
  return typeof name.key.content === "string" ? name.key.content : undefined;
}

/**
 * Resolves relative contexts against the folders of their files. A context taken from another
 * target is resolved against that target's base folder.
 */
export function rebase(targets: readonly Target[], isRemote: IsRemote): Target[] {
  const byName = new Map(targets.map((target) => [target.name, target]));
  return targets.map((target): Target => {
    const { base, context, contexts } = target;
    if (base === undefined) return target;
    const other = base.contextOf === undefined ? undefined : byName.get(base.contextOf);
    const folder = other?.base?.context ?? other?.base?.own ?? base.context;
    const rebased: Target = { ...target };
    if (context !== undefined && folder !== undefined) {
      rebased.context = from(folder, context, isRemote);
    }
    if (contexts !== undefined) {
      rebased.contexts = new Map([...contexts].map(([name, value]) => [
        name,
        from(base.contexts.get(name) ?? "", value, isRemote),
      ]));
    }
    return rebased;
  });
}

/** A relative path below a folder; any other text stays as it is. */
function from(folder: string, path: string, isRemote: IsRemote): string {
  const other = /^(?:\/|cwd:\/\/|target:|docker-image:|oci-layout:\/\/)/.test(path);
  if (folder === "" || path === "" || other || isRemote(path)) return path;
  return cleanPath(`${folder}/${path}`);
}
