/**
 * Makes a base image, because none can be pulled: Debian's static busybox in a FROM scratch image,
 * with a shell and all applets, 2 MB.
 */
import { check } from "./run.ts";
import { need } from "./tool.ts";
import { removedLater } from "./remove_folder.ts";

/** Below the registry that it was pushed to. */
const baseImageName = "library/busybox";

/**
 * Writes a root file system with busybox and its applets to `folder` (made when absent), usable as
 * a build context, too.
 */
export async function writeRootfs(folder: string): Promise<void> {
  const busybox = await need("busybox");
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  await Deno.copyFile(busybox, `${folder}/bin/busybox`);
  await Deno.chmod(`${folder}/bin/busybox`, 0o755);
  const { stdout } = await check(busybox, ["--list"]);
  for (const applet of stdout.trim().split("\n")) {
    if (applet !== "busybox") await Deno.symlink("busybox", `${folder}/bin/${applet}`);
  }
  for (const name of ["etc", "root", "tmp"]) await Deno.mkdir(`${folder}/${name}`);
  await Deno.chmod(`${folder}/tmp`, 0o1777);
  await Deno.writeTextFile(`${folder}/etc/passwd`, "root:x:0:0:root:/root:/bin/sh\n");
  await Deno.writeTextFile(`${folder}/etc/group`, "root:x:0:\n");
}

const dockerfile = `FROM scratch
COPY . /
ENV PATH=/bin
CMD ["/bin/sh"]
`;

/**
 * Builds it with buildctl on the daemon at `address` and pushes it to the registry at `host`, as
 * `library/busybox:latest` and under each further name (as `alpine:3`). A daemon whose
 * configuration has that registry as docker.io's mirror then resolves `FROM busybox`.
 *
 * @returns the reference, as `127.0.0.1:5000/library/busybox:latest`
 */
export async function pushBaseImage(
  address: string,
  host: string,
  further: readonly string[] = [],
): Promise<string> {
  const buildctl = await need("buildctl");
  const dir = await Deno.makeTempDir({ prefix: "fl-base-" });
  await using _ = removedLater(dir);
  await writeRootfs(`${dir}/rootfs`);
  await Deno.writeTextFile(`${dir}/Dockerfile`, dockerfile);
  const names = [`${baseImageName}:latest`, ...further].map((name) => `${host}/${name}`);
  await check(buildctl, [
    ...["--addr", address, "build", "--progress=plain", "--frontend=dockerfile.v0"],
    ...["--local", `context=${dir}/rootfs`, "--local", `dockerfile=${dir}`],
    // Several names are one CSV field: it needs quotes.
    ...["--output", `type=image,"name=${names.join(",")}",push=true`],
  ]);
  return names[0] ?? "";
}
