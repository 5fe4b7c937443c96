/** What bundling ssh2 takes, which comes as CommonJS. */

/** Flags of `deno bundle`: add-ons that it uses where they were built, and does without where not. */
export const NATIVE: readonly string[] = ["--external=cpu-features", "--external=*.node"];

/** A bundled file with the name that is always there in CommonJS, if it uses that. */
export function commonJs(text: string): string {
  return /\b__dirname\b/.test(text) ? `const __dirname=import.meta.dirname;${text}` : text;
}
