/** The Debian package of a release's file for Linux. It needs no other: glibc is in the file. */
import { exists } from "../../base/stat.ts";
import { check } from "../run.ts";

const ARCHITECTURES = { "linux-x64": "amd64", "linux-arm64": "arm64" } as const;
const root = new URL("../..", import.meta.url).pathname;

/**
 * Makes `fairlead_VERSION_ARCH.deb` next to each file for Linux in `folder`. The package has the
 * program, the manual pages, and the shells' completions.
 * @param version `X.Y.Z`
 * @param compression a name that dpkg-deb knows; xz takes a minute
 */
export async function debPackages(
  folder: string,
  version: string,
  compression: "xz" | "none" = "xz",
): Promise<void> {
  for (const [target, architecture] of Object.entries(ARCHITECTURES)) {
    const file = `${folder}/fairlead-${target}`;
    if (!exists(file)) continue;
    const work = await Deno.makeTempDir({ prefix: "fairlead-deb-" });
    try {
      await Deno.chmod(work, 0o755);
      const install = async (source: string, path: string, mode = "644") =>
        await check("install", ["-D", "-m", mode, source, `${work}/${path}`]);
      await install(file, "usr/bin/fairlead", "755");
      await install(`${root}LICENSE`, "usr/share/doc/fairlead/copyright");
      for (const { name } of Deno.readDirSync(`${root}docs/man`)) {
        await install(`${root}docs/man/${name}`, `usr/share/man/man1/${name}`);
      }
      const size = (await Deno.stat(file)).size;
      await Deno.mkdir(`${work}/DEBIAN`);
      await Deno.writeTextFile(
        `${work}/DEBIAN/control`,
        `Package: fairlead
Version: ${version}
Architecture: ${architecture}
Maintainer: The fairlead authors <fairlead@users.noreply.github.com>
Installed-Size: ${Math.ceil(size / 1024)}
Section: devel
Priority: optional
Homepage: https://github.com/fairlead/fairlead
Description: standalone BuildKit client
 One program in place of docker buildx, for builders that live somewhere else.
 It needs no docker, kubectl or ssh program beside it.
`,
      );
      const deb = `${folder}/fairlead_${version}_${architecture}.deb`;
      await check("dpkg-deb", ["--root-owner-group", `-Z${compression}`, "--build", work, deb]);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  }
}
