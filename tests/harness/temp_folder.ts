/** A folder of a test's own, which is gone at the end of its scope. */
export interface TempFolder extends Disposable {
  /** Absolute, and without links. */
  readonly path: string;
  /** Writes a file below it, folders too. */
  write(path: string, text: string): void;
  read(path: string): string;
  /** Every file below it, sorted. */
  files(): string[];
}

export function tempFolder(): TempFolder {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "fairlead-test-" }));
  return {
    path,
    write(file, text) {
      const full = `${path}/${file}`;
      Deno.mkdirSync(full.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(full, text);
    },
    read: (file) => Deno.readTextFileSync(`${path}/${file}`),
    files: () => filesBelow(path).sort(),
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** The paths of all files in a folder, from there. */
export function filesBelow(root: string, below = ""): string[] {
  return [...Deno.readDirSync(`${root}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(root, `${below}${name}/`) : [below + name]
  );
}
