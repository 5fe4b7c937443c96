/** The licences of third-party code that a binary ships. */

/** The line between two licences in a file of `scripts/policy/go_module.ts`. */
const SEPARATOR = `\n${"-".repeat(80)}\n\n`;

/**
 * Replaces the files with the licences of the policies' modules by one, `POLICY_LICENCES.txt`, in
 * which each text stands once, below the names of all packages that come under it. Most packages
 * come under one of few texts: 820 KB become 150.
 */
export async function mergeLicences(dist: string): Promise<void> {
  const files = [...Deno.readDirSync(dist)].map(({ name }) => name)
    .filter((name) => /^POLICY_\w+_LICENCES\.txt$/.test(name)).sort();
  const texts = await Promise.all(files.map((name) => Deno.readTextFile(`${dist}/${name}`)));
  await Deno.writeTextFile(`${dist}/POLICY_LICENCES.txt`, merged(texts));
  for (const name of files) await Deno.remove(`${dist}/${name}`);
}

/** Merges texts whose parts are a line with a package's name, an empty line, and its licence. */
export function merged(texts: readonly string[]): string {
  const packages = new Map<string, Set<string>>();
  for (const part of texts.flatMap((text) => text.split(SEPARATOR))) {
    const end = part.indexOf("\n\n");
    const licence = part.slice(end).trim();
    packages.set(licence, (packages.get(licence) ?? new Set()).add(part.slice(0, end).trim()));
  }
  return [...packages].map(([licence, names]) => `${[...names].join("\n")}\n\n${licence}\n`)
    .join(SEPARATOR);
}
