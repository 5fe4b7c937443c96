/** The self-extracting binary of this checkout, and bare roots to run it in. */
import { check, type Ran, run } from "../harness/run.ts";
import { oncePerRun } from "../harness/once_per_run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { removeFolder } from "../harness/remove_folder.ts";

const root = new URL("../..", import.meta.url).pathname;

/**
 * Puts the binary into `folder`. With FAIRLEAD_TEST_BINARY that file is tested: so a release tests
 * the files that it publishes.
 */
export async function compileInto(folder: string): Promise<string> {
  const path = `${folder}/fairlead${Deno.build.os === "windows" ? ".exe" : ""}`;
  const given = Deno.env.get("FAIRLEAD_TEST_BINARY") || await oncePerRun("fairlead", path, compile);
  if (given === path) return path;
  await Deno.copyFile(given, path);
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
  return path;
}

/** The line that the command `version` prints. */
export const VERSION = /^fairlead v\d+\.\d+\.\d+ [0-9a-f]{40}\n$/;

export type Env = Readonly<Record<string, string>>;

/** Variables as the program `env` takes them. */
export const entries = (env: Env) => Object.entries(env).map(([name, value]) => `${name}=${value}`);

/** The binary for the tests of a file, or a skip of them all. The folder goes with the process. */
export async function selfExtracting() {
  const ignore = Deno.build.os !== "linux" || skip(needsRoot() ?? await missing("busybox"));
  const made = await tempFolder();
  globalThis.addEventListener("unload", () => Deno.removeSync(made.path, { recursive: true }));
  const binary = ignore ? "" : await compileInto(made.path);
  /** Runs it in an environment that holds nothing but `env` and a PATH. */
  const fairlead = (env: Env, ...args: string[]) =>
    run("env", ["-i", "PATH=/usr/bin:/bin", ...entries(env), binary, ...args]);
  return { ignore, made, binary, fairlead };
}

async function compile(path: string): Promise<void> {
  await check(Deno.execPath(), [
    ...["run", "-A", "--quiet", `${root}scripts/compile.ts`],
    ...["--self-extracting", `--output=${path}`],
  ], { cwd: root });
}

/**
 * A folder that is removed after the test. With options it is on a disk of its own with a limited
 * size.
 */
export async function tempFolder(
  options: { size?: string; readOnly?: boolean; noExec?: boolean } = {},
) {
  const path = await Deno.makeTempDir({ prefix: "fl-bin-" });
  const mounted = options.size !== undefined || options.readOnly;
  if (mounted) {
    const flags = `mode=755,size=${options.size ?? "1m"}${options.readOnly ? ",ro" : ""}${
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

/**
 * The shell of a bare root, and its other programs, all of them busybox's. `busybox`: a static one
 * and no libc. `dash`: with the glibc that it needs. `musl`: dash on Debian's musl.
 */
export interface RootOptions {
  readonly shell: "busybox" | "dash" | "musl";
  readonly programs?: readonly string[];
}

/** A root that holds a shell and the binary; `/proc` is mounted, and there is no `/dev`. */
export async function bareRoot(binary: string, { shell, programs = [] }: RootOptions) {
  const path = await Deno.makeTempDir({ prefix: "fl-root-" });
  await Deno.chmod(path, 0o755);
  const folder = `lib/${Deno.build.arch}-linux-gnu`;
  for (const name of ["bin", "tmp", "proc", "opt"]) await Deno.mkdir(`${path}/${name}`);
  await Deno.chmod(`${path}/tmp`, 0o1777);
  const busybox = shell === "busybox" ? "bin/busybox" : "opt/busybox";
  await Deno.copyFile(await need("busybox"), `${path}/${busybox}`);
  if (shell === "busybox") {
    await Deno.symlink("busybox", `${path}/bin/sh`);
  } else if (shell === "musl") {
    const { stdout } = await check(`${root}tests/daemons/musl`, []);
    for (const name of ["lib", "bin"]) await check("cp", ["-r", `${stdout.trim()}/${name}`, path]);
  } else {
    await Deno.mkdir(`${path}/${folder}`, { recursive: true });
    await Deno.mkdir(`${path}/lib64`);
    await Deno.copyFile(`/${folder}/libc.so.6`, `${path}/${folder}/libc.so.6`);
    for await (const { name } of Deno.readDir("/lib64")) {
      if (name.startsWith("ld-")) await Deno.copyFile(`/lib64/${name}`, `${path}/lib64/${name}`);
    }
    await Deno.copyFile("/usr/bin/dash", `${path}/bin/sh`);
  }
  for (const name of programs) await Deno.symlink(`/${busybox}`, `${path}/bin/${name}`);
  await Deno.copyFile(binary, `${path}/fairlead`);
  await check("mount", ["-t", "proc", "proc", `${path}/proc`]);
  const mounted = [`${path}/proc`];
  return {
    path,
    /** Runs it there, in an environment that is empty but for `variables`. */
    fairlead(args: readonly string[], ...variables: string[]): Promise<Ran> {
      return run("env", ["-i", ...variables, "/usr/sbin/chroot", path, "/fairlead", ...args]);
    },
    /** Runs it as the user nobody. */
    byNobody(args: readonly string[], ...variables: string[]): Promise<Ran> {
      const chroot = ["/usr/sbin/chroot", "--userspec=65534:65534", path, "/fairlead"];
      return run("env", ["-i", ...variables, ...chroot, ...args]);
    },
    /** Makes a file of the machine's, a socket for example, appear in it. */
    async mount(source: string, name: string): Promise<void> {
      await Deno.writeTextFile(`${path}/${name}`, "");
      await check("mount", ["--bind", source, `${path}/${name}`]);
      mounted.push(`${path}/${name}`);
    },
    async [Symbol.asyncDispose]() {
      for (const one of mounted) await check("umount", [one]);
      await removeFolder(path);
    },
  };
}
