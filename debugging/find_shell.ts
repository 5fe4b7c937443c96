/** Finds a shell in the file systems of a container. */
import { isLink, isRegular } from "../base/go/file_mode.ts";
import { absolutePath, parentOf } from "../base/paths.ts";
import type { Container } from "../buildkit/container.ts";
import type { ExecOp, Mount } from "../proto/gen/steps_types.ts";

/** Links that follow each other; as many as Linux follows. */
const MOST_LINKS = 40;

/** The shells of common images, besides a step's own. */
const COMMON = ["/bin/sh", "/bin/bash", "/busybox/sh", "/usr/bin/sh", "/usr/bin/bash"];

/** The programs that may be shells of a step: first the one that the step ran in. */
export function shellsOf(exec: ExecOp | undefined): string[] {
  const [program = "", option] = exec?.meta?.args ?? [];
  const own = option === "-c" && program.startsWith("/") ? [program] : [];
  return [...new Set([...own, ...COMMON])];
}

/** The first of the programs that exists and can be run; undefined for none. */
export async function firstProgram(
  container: Container,
  mounts: readonly Pick<Mount, "dest">[],
  programs: readonly string[],
): Promise<string | undefined> {
  for (const program of programs) {
    if (await problemOf(container, mounts, program) === undefined) return program;
  }
  return undefined;
}

/** Why a program can't be run, in buildx's words; undefined if it can. */
export async function problemOf(
  container: Container,
  mounts: readonly Pick<Mount, "dest">[],
  program: string,
): Promise<string | undefined> {
  let path = program;
  for (let links = 0; links < MOST_LINKS; links++) {
    const at = mountOf(mounts, path);
    if (at === undefined) return "file does not exist";
    let stat;
    try {
      stat = await container.files(at.index).stat(at.path);
    } catch (error) {
      return `stat error: ${path}: ${(error as Error).message}`;
    }
    if (isLink(stat.mode)) {
      // The daemon follows links, except one that would leave its mount.
      path = absolutePath(stat.linkname, parentOf(path));
      continue;
    }
    if (!isRegular(stat.mode)) return `${path}: not a file`;
    return stat.mode & 0o111 ? undefined : `${path}: not an executable`;
  }
  return `${program}: reached symlink resolution limit`;
}

function mountOf(mounts: readonly Pick<Mount, "dest">[], path: string) {
  let found: { readonly index: number; readonly path: string } | undefined;
  let longest = -1;
  mounts.forEach(({ dest }, index) => {
    const folder = dest.endsWith("/") ? dest : `${dest}/`;
    if (!`${path}/`.startsWith(folder) || folder.length <= longest) return;
    longest = folder.length;
    found = { index, path: `/${path.slice(folder.length)}` };
  });
  return found;
}
