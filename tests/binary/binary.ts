/** The self-extracting binary of this checkout, and bare roots to run it in. */
import { check, type Ran, run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { removeFolder } from "../harness/remove_folder.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Makes the binary, once for a test file; it goes with `folder`. */
export async function compileInto(folder: string): Promise<string> {
  const path = `${folder}/fairlead`;
  await check(Deno.execPath(), [
    ...["run", "-A", "--quiet", `${root}scripts/compile.ts`],
    ...["--self-extracting", `--output=${path}`],
  ], { cwd: root });
  return path;
}

/** A folder that goes with the test; with options on a disk of its own, of so many bytes. */
export async function tempFolder(
  options: { size?: string; readOnly?: boolean; noExec?: boolean } = {},
) {
  const path = await Deno.makeTempDir({ prefix: "fl-bin-" });
  const mounted = options.size !== undefined || options.readOnly;
  if (mounted) {
    const flags = `size=${options.size ?? "1m"}${options.readOnly ? ",ro" : ""}${
      options.noExec ? ",noexec" : ""
    }`;
    await check("mount", ["-t", "tmpfs", "-o", flags, "tmpfs", path]);
  }
  return {
    path,
    /** The names in it, sorted. */
    names: (below = "") => [...Deno.readDirSync(path + below)].map(({ name }) => name).sort(),
    async [Symbol.asyncDispose]() {
      if (mounted) await check("umount", [path]);
      await removeFolder(path);
    },
  };
}

/** The shell of a bare root, and the programs beside it, all of them busybox's. */
export interface RootOptions {
  readonly shell: "busybox" | "dash";
  readonly programs?: readonly string[];
}

const LIBC = ["libc.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libm.so.6"];

/** A root that holds libc, a shell, and the binary; `/proc` is mounted, and there is no `/dev`. */
export async function bareRoot(binary: string, { shell, programs = [] }: RootOptions) {
  const path = await Deno.makeTempDir({ prefix: "fl-root-" });
  const folder = `lib/${Deno.build.arch}-linux-gnu`;
  for (const name of ["bin", "lib64", folder, "tmp", "proc", "opt"]) {
    await Deno.mkdir(`${path}/${name}`, { recursive: true });
  }
  for (const name of LIBC) await Deno.copyFile(`/${folder}/${name}`, `${path}/${folder}/${name}`);
  for await (const { name } of Deno.readDir("/lib64")) {
    if (name.startsWith("ld-")) await Deno.copyFile(`/lib64/${name}`, `${path}/lib64/${name}`);
  }
  const busybox = shell === "busybox" ? "bin/busybox" : "opt/busybox";
  await Deno.copyFile(await need("busybox"), `${path}/${busybox}`);
  if (shell === "busybox") await Deno.symlink("busybox", `${path}/bin/sh`);
  else await Deno.copyFile("/usr/bin/dash", `${path}/bin/sh`);
  for (const name of programs) await Deno.symlink(`/${busybox}`, `${path}/bin/${name}`);
  await Deno.copyFile(binary, `${path}/fairlead`);
  await check("mount", ["-t", "proc", "proc", `${path}/proc`]);
  return {
    path,
    /** Runs it there, in an environment that is empty but for `variables`. */
    fairlead(args: readonly string[], ...variables: string[]): Promise<Ran> {
      return run("env", ["-i", ...variables, "/usr/sbin/chroot", path, "/fairlead", ...args]);
    },
    async [Symbol.asyncDispose]() {
      await check("umount", [`${path}/proc`]);
      await removeFolder(path);
    },
  };
}
