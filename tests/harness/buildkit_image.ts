/** A root file system with BuildKit and all it needs, to be imported into an engine as an image. */
import { writeRootfs } from "./base_image.ts";
import { check } from "./run.ts";
import { need } from "./tool.ts";

/** The name that engines know it by. */
export const buildkitImage = "fl-buildkit";

/** Its configuration, for the engines' `import --change`. */
export const buildkitChanges: readonly string[] = ["ENV PATH=/bin", 'CMD ["sleep","1000000"]'];

/** Packs it into a tar (0.2 GB, 2 s) that `docker import` and `podman import` take. */
export async function writeBuildkitImage(tar: string): Promise<void> {
  const root = `${tar}.rootfs`;
  await writeRootfs(root);
  for (const tool of ["buildkitd", "buildctl", "runc"] as const) {
    await copyProgram(await need(tool), `${root}/bin/${tool}`, root);
  }
  await check("tar", ["-C", root, "-cf", tar, "."]);
  await Deno.remove(root, { recursive: true });
}

/** With the libraries that it is linked to, at the paths where its loader looks for them. */
async function copyProgram(from: string, to: string, root: string): Promise<void> {
  await Deno.copyFile(from, to);
  const { stdout } = await new Deno.Command("ldd", { args: [from], stderr: "null" }).output();
  for (const [, path] of new TextDecoder().decode(stdout).matchAll(/(\/\S+) \(0x/g)) {
    const target = `${root}${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(path!, target);
  }
}
