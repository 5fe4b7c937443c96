/** Deno for another platform, from npm: its packages hold the plain binary. */
import { check } from "../run.ts";
import type { Target } from "./targets.ts";

/**
 * Fetches the Deno of this version into `folder`, and resolves to its path. npm gives the checksum
 * (`dist.integrity`) apart from the archive; the two are compared here.
 */
export async function fetchDeno(target: Target, version: string, folder: string): Promise<string> {
  const spec = `${target.package}@${version}`;
  const said = await npm(["view", spec, "dist.integrity"], folder);
  const [, algorithm, sum] = /^(sha512)-(\S+)$/m.exec(said.trim()) ?? [];
  if (algorithm === undefined) throw new Error(`npm knows no ${spec}`);
  const packed = JSON.parse(
    await npm(["pack", "--json", "--pack-destination", folder, spec], folder),
  );
  const archive = `${folder}/${packed[0].filename.replace(/^@/, "").replace("/", "-")}`;
  const digest = await crypto.subtle.digest("SHA-512", await Deno.readFile(archive));
  if (new Uint8Array(digest).toBase64() !== sum) {
    throw new Error(`${spec} is not what npm's registry says: its checksum is wrong`);
  }
  const name = target.name.startsWith("windows") ? "deno.exe" : "deno";
  await check("tar", ["-xzf", archive, "-C", folder, `package/${name}`]);
  await Deno.remove(archive);
  return `${folder}/package/${name}`;
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  return (await check("npm", [...args, "--loglevel=error"], { cwd })).stdout;
}
