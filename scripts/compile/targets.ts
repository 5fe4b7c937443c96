/** A platform that a binary is made for. */
export interface Target {
  /** As `--target` has it, and as the file is named. */
  readonly name: string;
  /** Deno's name for it; `--target` takes that, too. */
  readonly triple: string;
  /** The npm package with Deno for it. */
  readonly package: string;
  /** What `uname -sm` says there; undefined where there is no POSIX shell. */
  readonly uname?: string;
  /** Of a Linux: how Debian calls it, and the file name of glibc's loader. */
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

/** Throws an Error that lists the names. */
export function findTarget(name: string): Target {
  const found = targets.find((target) => target.name === name || target.triple === name);
  if (found !== undefined) return found;
  const names = targets.map((target) => target.name).join(", ");
  throw new Error(`no target ${JSON.stringify(name)}: there are ${names}`);
}

/** This machine's, if there is one for it. */
export function ownTarget(): Target {
  return findTarget(Deno.build.target);
}
