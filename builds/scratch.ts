import { isBelow } from "../base/paths.ts";

/** A folder for files that a build makes on this side; it is removed when the build is over. */
export interface Scratch extends Disposable {
  /** Makes a new folder below it and gives its absolute path; the name is for people. */
  folder(name: string): string;
  /** Whether a path is one of those folders, or lies in one. */
  owns(path: string): boolean;
}

/** Makes nothing before the first folder is asked for. */
export function openScratch(): Scratch {
  let root: string | undefined;
  let count = 0;
  return {
    folder(name) {
      root ??= Deno.makeTempDirSync({ prefix: "fairlead-" });
      const path = `${root}/${name}${count++ || ""}`;
      Deno.mkdirSync(path);
      return path;
    },
    owns: (path) => root !== undefined && isBelow(path, root),
    [Symbol.dispose]() {
      if (root !== undefined) Deno.removeSync(root, { recursive: true });
    },
  };
}
