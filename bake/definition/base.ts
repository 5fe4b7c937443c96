/** Contexts relative to the file that wrote them, for who asks for that. */
import { cleanPath } from "../../base/paths.ts";
import type { Block } from "../hcl/body.ts";
import type { Expression } from "../hcl/expression.ts";
import type { ContextBase, Target } from "../target.ts";

type IsRemote = (context: string) => boolean;

/** A file's folder; empty for stdin and URLs, which have none. */
export function folderOf(file: string, isRemote: IsRemote): string {
  if (file === "" || file === "-" || isRemote(file)) return "";
  return cleanPath(file.slice(0, file.lastIndexOf("/") + 1));
}

/** Of a target that a file wrote all of. */
export function baseOfFile(folder: string, target: Target): ContextBase {
  const base: ContextBase = { own: folder, contexts: new Map() };
  if (target.context !== undefined) base.context = folder;
  for (const name of target.contexts?.keys() ?? []) base.contexts.set(name, folder);
  return base;
}

/** Of one that comes from a block. */
export function baseOfBlock({ body, range }: Block, target: Target, isRemote: IsRemote) {
  const base = baseOfFile(folderOf(range.file, isRemote), target);
  const context = body.content({ attributes: ["context"] }).attributes.get("context");
  const other = context && contextOf(context.fixed);
  if (other !== undefined) base.contextOf = other;
  return base;
}

/** The target in `target.NAME.context`, if an expression is that. */
function contextOf(expression: Expression): string | undefined {
  if (expression.kind !== "scope" || expression.root !== "target") return undefined;
  const [name, field, ...more] = expression.steps;
  if (field?.attribute !== "context" || more.length > 0 || name === undefined) return undefined;
  if (name.attribute !== undefined) return name.attribute;
  return typeof name.key.content === "string" ? name.key.content : undefined;
}

/** All contexts from where their files are; one taken from another target starts where that does. */
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

/** A path that starts at a folder; everything that is no relative path stays. */
function from(folder: string, path: string, isRemote: IsRemote): string {
  const other = /^(?:\/|cwd:\/\/|target:|docker-image:|oci-layout:\/\/)/.test(path);
  if (folder === "" || path === "" || other || isRemote(path)) return path;
  return cleanPath(`${folder}/${path}`);
}
