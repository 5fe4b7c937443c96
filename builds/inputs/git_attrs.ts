/** Attributes about the git checkout of a context, for provenance and labels. */
import type { Env } from "../../transports/transport.ts";
import { isOn } from "../../base/env_bool.ts";
import type { CheckoutOf } from "./git_repository.ts";
import { absolutePath } from "../../base/paths.ts";
import { realPath } from "../../base/real_path.ts";

/**
 * `vcs:*` attributes, unless `BUILDX_GIT_INFO` is false, and labels with `BUILDX_GIT_LABELS`. Empty
 * outside a checkout.
 * @param folder the context's
 * @param dockerfile the text of `-f`; empty without it
 * @param mounts folder by mount name; each is given by its path in the checkout
 */
export async function gitAttrs(
  folder: string,
  dockerfile: string,
  mounts: ReadonlyMap<string, string>,
  { env, cwd, checkoutOf }: {
    readonly env: Env;
    readonly cwd: string;
    readonly checkoutOf: CheckoutOf;
  },
): Promise<Record<string, string>> {
  const wantsInfo = isOn("BUILDX_GIT_INFO", env, true);
  const wantsLabels = env("BUILDX_GIT_LABELS") === "full" || isOn("BUILDX_GIT_LABELS", env);
  if (!wantsInfo && !wantsLabels) return {};
  const checkout = checkoutOf(folder);
  if (checkout === undefined) return {};
  const attrs: Record<string, string> = {};
  const { root } = checkout;
  let { commit } = checkout;
  if (commit !== undefined && isOn("BUILDX_GIT_CHECK_DIRTY", env) && await isDirty(folder)) {
    commit += "-dirty";
  }
  const source = checkout.remote && redacted(checkout.remote);
  if (wantsLabels) {
    if (commit) attrs["label:org.opencontainers.image.revision"] = commit;
    if (source) attrs["label:org.opencontainers.image.source"] = source;
    const file = dockerfile === "" ? `${folder}/Dockerfile` : absolutePath(dockerfile, cwd);
    const path = pathIn(root, file);
    if (path !== undefined) attrs["label:com.docker.image.source.entrypoint"] = path;
  }
  if (!wantsInfo) return attrs;
  if (commit) attrs["vcs:revision"] = commit;
  if (source) attrs["vcs:source"] = source;
  for (const [mount, folder] of mounts) {
    const path = pathIn(root, realPath(folder, cwd).path);
    if (path !== undefined) attrs[`vcs:localdir:${mount}`] = path;
  }
  return attrs;
}

/**
 * Whether files were changed, added, or are ignored. Only git can answer that quickly for a large
 * checkout, because its index has the times. The user asked for it by a variable, so it is worth a
 * process.
 */
async function isDirty(folder: string): Promise<boolean> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["status", "--porcelain", "--ignored"],
      cwd: folder,
      stdin: "null",
      stderr: "null",
    }).output();
    return !success || stdout.length > 0;
  } catch {
    return true;
  }
}

/** `path` as seen from `root`; undefined when it lies elsewhere. */
function pathIn(root: string, path: string): string | undefined {
  if (path === root) return ".";
  const below = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(below) ? path.slice(below.length) : undefined;
}

/** The URL without name and password, because it is stored in images and in records of builds. */
export function redacted(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@/i, (_, scheme, user: string) => {
    const [name, password] = user.split(":", 2) as [string, string?];
    const masked = name === "" ? "" : "xxxxx";
    return `${scheme}${masked}${password === undefined ? "" : ":xxxxx"}@`;
  });
}
