/**
 * The flake by which Nix installs a release:
 * https://nix.dev/manual/nix/latest/command-ref/new-cli/nix3-flake
 *
 * It has no inputs: Nix's own builders fetch an archive of the release, and unpack it to `bin`. The
 * flake is a file of the release, too, because it has the checksums of the others.
 */
import { check } from "../run.ts";

const DOWNLOADS = "https://github.com/fairlead/fairlead/releases/download";
/** Targets by Nix's names for their platforms. */
const SYSTEMS = {
  "x86_64-linux": "linux-x64",
  "aarch64-linux": "linux-arm64",
  "x86_64-darwin": "macos-x64",
  "aarch64-darwin": "macos-arm64",
} as const;
const TARGETS: readonly string[] = Object.values(SYSTEMS);

/** The archive that the flake fetches for a file of the release; undefined for other files. */
export function archiveOf(file: string): string | undefined {
  return TARGETS.some((target) => file === `fairlead-${target}`) ? `${file}.tar.xz` : undefined;
}

/**
 * Packs a file of the release as `folder/fairlead`. The same file gives the same archive.
 * @param file the path of a file that `archiveOf` knows
 */
export async function packArchive(file: string, archive: string): Promise<void> {
  await packFolder(archive, (work) => Deno.copyFile(file, `${work}/fairlead`));
}

/** Packs the flake as an archive that Nix takes as a flake's address. */
export async function packFlake(text: string, archive: string): Promise<void> {
  await packFolder(archive, (work) => Deno.writeTextFile(`${work}/flake.nix`, text));
}

async function packFolder(
  archive: string,
  fillIn: (folder: string) => Promise<void>,
): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "fairlead-flake-" });
  try {
    await Deno.mkdir(`${work}/fairlead`);
    await fillIn(`${work}/fairlead`);
    const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    const mode = "--mode=u=rwX,go=rX";
    await check("tar", ["--auto-compress", ...same, mode, "-C", work, "-cf", archive, "fairlead"], {
      env: { XZ_OPT: "-T0" },
    });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * The flake's text.
 * @param tag `vX.Y.Z`
 * @param sums SHA-256 of the release's files, by name; platforms without an archive are left out
 * @param downloads the address below which the files of the tag are
 */
export function flake(
  tag: string,
  sums: ReadonlyMap<string, string>,
  downloads: string = DOWNLOADS,
): string {
  const files = Object.entries(SYSTEMS).flatMap(([system, target]) => {
    const name = archiveOf(`fairlead-${target}`)!;
    const sum = sums.get(name);
    return sum === undefined ? [] : [`        ${system} = {
          url = "${downloads}/${tag}/${name}";
          sha256 = "${sum}";
        };
`];
  });
  return `{
  description = "Standalone BuildKit client that replaces docker buildx";

  outputs = { self }:
    let
      version = "${tag.slice(1)}";
      files = {
${files.join("")}      };
      # The archive's only folder becomes bin.
      package = system: file: derivation {
        inherit system version;
        pname = "fairlead";
        name = "fairlead-\${version}";
        builder = "builtin:unpack-channel";
        channelName = "bin";
        src = import <nix/fetchurl.nix> { inherit (file) url sha256; };
      } // {
        meta = {
          description = "Standalone BuildKit client that replaces docker buildx";
          mainProgram = "fairlead";
        };
      };
    in {
      packages = builtins.mapAttrs (system: file: { default = package system file; }) files;
    };
}
`;
}
