/**
 * The C library that Deno runs on, for the self-extracting binary: glibc's loader, glibc and
 * libgcc. With them the binary runs on every Linux, with any libc.
 */
import { check } from "../run.ts";
import type { Target } from "./targets.ts";

/** The libraries that Deno is linked with. */
const LIBRARIES = [
  "libc.so.6",
  "libdl.so.2",
  "libgcc_s.so.1",
  "libm.so.6",
  "libpthread.so.0",
  "librt.so.1",
];
const PACKAGES = ["libc6", "libgcc-s1"];

/** Paths of files. */
export interface Libc {
  /** The loader first. */
  readonly libraries: readonly string[];
  /** The licences of their packages. */
  readonly licences: readonly string[];
}

/**
 * The C library for `target`, a Linux: this machine's own if it is of that platform, else from
 * Debian's packages, which apt fetches into `folder` and verifies. Throws an Error if apt lacks
 * them.
 */
export async function findLibc(target: Target, folder: string): Promise<Libc> {
  const root = target.triple === Deno.build.target ? "" : await fetchPackages(target, folder);
  const { loader, debian } = target.libc!;
  const multiarch = `${target.triple.split("-")[0]}-linux-gnu`;
  const folders = [`lib/${multiarch}`, `usr/lib/${multiarch}`, "lib64", "usr/lib64", "lib"];
  const libraries = await Promise.all([loader, ...LIBRARIES].map(async (name) => {
    const path = await firstOf(folders.map((folder) => `${root}/${folder}/${name}`));
    if (path === undefined) {
      throw new Error(`no ${name} for ${target.name}: make this file on Debian 12 (${debian})`);
    }
    return path;
  }));
  const licences = await Promise.all(
    // The file may be a link into another package, which this machine has, too.
    PACKAGES.map((name) =>
      firstOf([root, ""].map((top) => `${top}/usr/share/doc/${name}/copyright`))
    ),
  );
  return { libraries, licences: licences.filter((path) => path !== undefined) };
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await Deno.realPath(path).catch(() => undefined);
    // The path is returned, not the link's target, whose name contains the version of glibc.
    if (found !== undefined) return path;
  }
  return undefined;
}

/** Unpacks Debian's packages for another machine; resolves to the folder. */
async function fetchPackages({ name, libc }: Target, folder: string): Promise<string> {
  const work = `${folder}/libc-${name}`;
  const root = `${work}/root`;
  for (const path of ["lists/partial", "cache/archives/partial", "root"]) {
    await Deno.mkdir(`${work}/${path}`, { recursive: true });
  }
  await Deno.writeTextFile(`${work}/status`, "");
  // apt gets its own state here, so the machine's state stays unchanged; sources and keys are
  // shared.
  const config = `APT::Sandbox::User "root";
APT::Architecture "${libc!.debian}";
APT::Architectures { "${libc!.debian}"; };
Dir::State::lists "${work}/lists";
Dir::State::status "${work}/status";
Dir::Cache "${work}/cache";
Acquire::Languages "none";
`;
  await Deno.writeTextFile(`${work}/apt.conf`, config);
  const env = { APT_CONFIG: `${work}/apt.conf` };
  try {
    await check("apt-get", ["-q", "update"], { env });
    const names = PACKAGES.map((name) => `${name}:${libc!.debian}`);
    await check("apt-get", ["-q", "download", ...names], { env, cwd: work });
    for (const { name } of Deno.readDirSync(work)) {
      if (name.endsWith(".deb")) await check("dpkg-deb", ["-x", `${work}/${name}`, root]);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`cannot get glibc for ${name} by Debian's apt: ${why}`);
  }
  return root;
}
