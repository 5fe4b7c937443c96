/** A folder for what a build makes on this side and needs no longer; it is gone with the build. */
export interface Scratch extends Disposable {
  /** Makes a new folder below it and gives its absolute path; the name is for people. */
  folder(name: string): string;
}

/** Nothing is made before the first folder is asked for. */
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
    [Symbol.dispose]() {
      if (root !== undefined) Deno.removeSync(root, { recursive: true });
    },
  };
}
