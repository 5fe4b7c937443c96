/** A platform that a binary is made for. */
export interface Target {
  /** The name in `--target`, and in the file's name. */
  readonly name: string;
  /** Deno's name for it; `--target` takes that, too. */
  readonly triple: string;
  /** The npm package with Deno for it. */
  readonly package: string;
  /** The output of `uname -sm`; undefined for a platform without a POSIX shell. */
  readonly uname?: string;
  /** For Linux: Debian's name of the architecture, and the file name of glibc's loader. */
  readonly libc?: { readonly debian: string; readonly loader: string };
}

export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    package: "@deno/linux-x64-glibc",
    uname: "Linux x86_64",
    libc: { debian: "amd64", loader: "ld-linux-x86-64.so.2" },
  },
  {
    name: "linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    package: "@deno/linux-arm64-glibc",
    uname: "Linux aarch64",
    libc: { debian: "arm64", loader: "ld-linux-aarch64.so.1" },
  },
  {
    name: "macos-x64",
    triple: "x86_64-apple-darwin",
    package: "@deno/darwin-x64",
    uname: "Darwin x86_64",
  },
  {
    name: "macos-arm64",
    triple: "aarch64-apple-darwin",
    package: "@deno/darwin-arm64",
    uname: "Darwin arm64",
  },
  {
    name: "windows-x64",
    triple: "x86_64-pc-windows-msvc",
    package: "@deno/win32-x64",
  },
];

/** Finds a target by name. Throws an Error that lists the names. */
export function findTarget(name: string): Target {
  const found = targets.find((target) => target.name === name || target.triple === name);
  if (found !== undefined) return found;
  const names = targets.map((target) => target.name).join(", ");
  throw new Error(`no target ${JSON.stringify(name)}: there are ${names}`);
}

/** This machine's target, if there is one. */
export function ownTarget(): Target {
  return findTarget(Deno.build.target);
}
