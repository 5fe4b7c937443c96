/** The sizes in docs/install.md: a release and the tests compare them with what was made. */

/** The page's words around each figure, which is in MB: a million bytes. */
const FIGURES = {
  xz: /`\.xz` \((\d+) MB\)/,
  gz: /`\.gz` \((\d+) MB\)/,
  file: /or\s+uncompressed\s+\((\d+)\s+MB\)/,
  launcher: /fairlead\s+then\s+takes\s+(\d+)\s+MB\s+of\s+disk\s+space/,
  both: /of\s+disk\s+space\s+instead\s+of\s+(\d+)/,
  js: /^\| `fairlead\.js` .*\| (\d+) MB +\|$/m,
} as const;

export type Figure = keyof typeof FIGURES;

/** A change of less than this share needs no new figure. */
const TOLERANCE = 0.04;

/** Throws an Error if the page doesn't state this size, in bytes, of what `figure` stands for. */
export function checkFigure(page: string, figure: Figure, size: number): void {
  const [whole, stated] = FIGURES[figure].exec(page) ?? [];
  if (stated === undefined) throw new Error(`docs/install.md has no figure for ${FIGURES[figure]}`);
  const real = size / 1_000_000;
  if (Math.abs(real - Number(stated)) <= Math.max(real * TOLERANCE, 0.5)) return;
  throw new Error(`docs/install.md says ${JSON.stringify(whole)}, and it is ${real.toFixed(1)} MB`);
}
