/** The flake of a release, run by Debian's Nix on a new store, with the real binary. */
import assert from "node:assert/strict";
import { flake, packArchive, packFlake } from "../../scripts/release/flake.ts";
import { version } from "../../version.ts";
import { compileInto, tempFolder } from "../binary/binary.ts";
import { debian } from "../harness/debian.ts";
import { digest } from "../harness/random.ts";
import { run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { succeeds } from "../harness/ended.ts";
import { fileServer } from "../harness/web_server.ts";

/** Nix, and the libraries of it that a machine may lack. */
const PACKAGES = [
  ...["nix-bin", "libboost-context1.74.0", "libcpuid16", "libgc1", "libsodium23", "libarchive13"],
  ...["libcurl3-gnutls", "libseccomp2", "libbrotli1", "libxml2", "libicu72"],
];
const isSuitable = Deno.build.target === "x86_64-unknown-linux-gnu" && needsRoot() === undefined;
const nix = isSuitable ? await debian("bookworm", ...PACKAGES) : undefined;
const reason = nix === undefined ? "Debian's Nix can't be had, or this isn't root" : undefined;

/** Runs Nix with its files in `folder`. It asks no cache of packages, and no other machine. */
async function nixIn(folder: string, args: readonly string[]) {
  const [lib, home] = [`${nix}/usr/lib`, `${folder}/home`];
  await Deno.mkdir(`${folder}/conf`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/conf/nix.conf`,
    "experimental-features = nix-command flakes\nbuild-users-group =\nsubstitute = false\n" +
      `builders =\nbuild-hook = ${nix}/usr/libexec/nix/build-remote\n`,
  );
  return await run(`${nix}/usr/bin/nix`, ["--store", `${folder}/root`, ...args], {
    cwd: folder,
    env: {
      LD_LIBRARY_PATH: `${lib}/nix:${lib}/x86_64-linux-gnu`,
      ...{ NIX_CONF_DIR: `${folder}/conf`, HOME: home, XDG_CACHE_HOME: `${home}/.cache` },
    },
  });
}

Deno.test({
  name: "nix run: the flake of a release fetches the file, and refuses another one",
  ignore: skip(reason),
}, async () => {
  await using folder = await tempFolder();
  const tag = version.number;
  const archive = "fairlead-linux-x64.tar.xz";
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  await using server = fileServer(files);
  try {
    // An archive without compression, because xz takes a minute.
    const plain = `${folder.path}/plain.tar`;
    await packArchive(await compileInto(folder.path), plain);
    const bytes = await Deno.readFile(plain);
    files[`/${tag}/${archive}`] = bytes;
    const publish = async (sum: string) => {
      const packed = `${folder.path}/flake.tar.gz`;
      await packFlake(flake(tag, new Map([[archive, sum]]), server.url), packed);
      files[`/${sum}.tar.gz`] = await Deno.readFile(packed);
      return `${server.url}/${sum}.tar.gz`;
    };
    const good = await publish(await digest(bytes));
    const ran = await nixIn(folder.path, ["run", good, "--", "version"]);
    assert.ok(ran.stdout.startsWith(`fairlead ${tag} `), ran.stdout + ran.stderr);
    await succeeds(nixIn(folder.path, ["flake", "check", good]));
    const other = await publish("0".repeat(64));
    const refused = await nixIn(folder.path, ["build", "--no-link", other]);
    assert.match(refused.stderr, /hash mismatch/);
    assert.notEqual(refused.code, 0);
  } finally {
    // Nothing in Nix's store may be written to.
    await run("chmod", ["-R", "u+w", folder.path]);
  }
});
