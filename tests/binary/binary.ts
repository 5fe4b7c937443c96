/** The self-extracting binary of this checkout, and bare roots to run it in. */
import { check, type Ran, run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";
import { removeFolder } from "../harness/remove_folder.ts";

const root = new URL("../..", import.meta.url).pathname;

/**
 * Puts the binary into `folder`. With FAIRLEAD_TEST_BINARY that file is tested: so a release tests
 * the files that it publishes. A run of many files makes the binary once.
 */
export async function compileInto(folder: string): Promise<string> {
  const path = `${folder}/fairlead${Deno.build.os === "windows" ? ".exe" : ""}`;
  const shared = Deno.env.get("FAIRLEAD_TEST_RUN");
  const given = Deno.env.get("FAIRLEAD_TEST_BINARY") ?? (shared && await compileOnce(shared));
  if (given) {
    await Deno.copyFile(given, path);
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
    return path;
  }
  await compile(path);
  return path;
}

/** The binary in the folder of a run: the first of its processes makes it, the others wait. */
async function compileOnce(folder: string): Promise<string> {
  const path = `${folder}/fairlead`;
  using lock = await Deno.open(`${folder}/fairlead.lock`, { create: true, write: true });
  await lock.lock(true);
  if (!await Deno.stat(path).then(() => true, () => false)) await compile(path);
  return path;
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
