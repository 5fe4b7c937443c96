/** A store in a folder of its own. */
export interface TempStore extends Disposable {
  readonly path: string;
  /** The environment of a command: the store, and no docker configuration of the machine. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file below it, folders too. */
  write(path: string, text: string): void;
  read(path: string): string;
  /** Every file below it, sorted, without the lock. */
  files(): string[];
}

export function tempStore(): TempStore {
  const path = Deno.makeTempDirSync({ prefix: "fairlead-store-" });
  return {
    path,
    env: { BUILDX_CONFIG: path, DOCKER_CONFIG: `${path}/no-docker`, HOME: `${path}/no-home` },
    write(file, text) {
      const full = `${path}/${file}`;
      Deno.mkdirSync(full.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(full, text);
    },
    read: (file) => Deno.readTextFileSync(`${path}/${file}`),
    files: () => walk(path, "").filter((file) => file !== ".lock").sort(),
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

function walk(root: string, below: string): string[] {
  return [...Deno.readDirSync(`${root}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? walk(root, `${below}${name}/`) : [below + name]
  );
}

/** The file of a builder with one node. */
export function builderFile(name: string, endpoint: string, driver = "remote"): string {
  return JSON.stringify({
    Name: name,
    Driver: driver,
    Nodes: [{
      Name: `${name.toLowerCase()}0`,
      Endpoint: endpoint,
      Platforms: null,
      DriverOpts: null,
      Flags: null,
      Files: null,
    }],
    Dynamic: false,
  });
}
