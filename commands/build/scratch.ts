/** A folder for what a build makes on this side and needs no longer; it is gone with the build. */
export interface Scratch extends Disposable {
  /** Makes a folder below it and gives its absolute path. */
  folder(name: string): string;
}

/** Nothing is made before the first folder is asked for. */
export function openScratch(): Scratch {
  let root: string | undefined;
  return {
    folder(name) {
      root ??= Deno.makeTempDirSync({ prefix: "fairlead-" });
      Deno.mkdirSync(`${root}/${name}`);
      return `${root}/${name}`;
    },
    [Symbol.dispose]() {
      if (root !== undefined) Deno.removeSync(root, { recursive: true });
    },
  };
}
