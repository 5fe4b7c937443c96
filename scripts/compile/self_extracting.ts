/** The binary as a shell script with appended parts; `layout.ts` describes the layout. */
import { createHash } from "node:crypto";
import { bundle } from "../bundle/rolldown.ts";
import { BLOCK, type Manifest, NAME_MARK } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { runFlags } from "./run_flags.ts";
import type { Target } from "./targets.ts";

/** The contents of the binary. */
export interface Contents {
  readonly target: Target;
  /** The program's version, as it is printed. */
  readonly version: string;
  /** The folder of the bundled program. */
  readonly dist: string;
  /** The Deno of the target. */
  readonly deno: string;
  readonly denoVersion: string;
  /** The C library that Deno runs on, for Linux. */
  readonly libc?: Libc;
  readonly output: string;
}

const here = new URL(".", import.meta.url).pathname;

/** Writes the binary. */
export async function selfExtracting(contents: Contents): Promise<void> {
  const { target, version, output, denoVersion } = contents;
  if (target.uname === undefined) {
    throw new Error(`${target.name} has no POSIX shell: leave --self-extracting out`);
  }
  const paths = contents.libc?.libraries ?? [];
  const names = paths.map((path) => path.slice(path.lastIndexOf("/") + 1));
  const libraries = await Promise.all(paths.map((path) => Deno.readFile(path)));
  const sizes = names.map((name, at): [string, number] => [name, libraries[at]!.length]);
  const parts = [await unpacker(), await program(contents, sizes), ...libraries];
  const blocks = parts.map(({ length }) => Math.ceil(length / BLOCK));
  const starts = blocks.map((_, at) => blocks.slice(0, at).reduce((sum, count) => sum + count, 1));
  const denoAt = starts.at(-1)! + blocks.at(-1)!;
  const deno = await Deno.readFile(contents.deno);
  const digest = createHash("sha256");
  parts.forEach((bytes) => digest.update(filled(bytes)));
  const sum = digest.update(deno).digest("hex");
  const bytes = denoAt * BLOCK + deno.length;
  const head = fill(await Deno.readTextFile(`${here}head.sh`), {
    TRUST: withoutComments(await Deno.readTextFile(`${here}../trust.sh`)),
    VERSION: version,
    TARGET: target.name,
    DENO: denoVersion,
    UNAME: target.uname,
    SIZE: `${bytes}`,
    BLOCK: `${BLOCK}`,
    UNPACK: `${starts[0]} ${blocks[0]}`,
    PROGRAM: `${starts[1]! * BLOCK} ${sum}`,
    LOADER: names[0] === undefined ? "" : `lib/${names[0]}`,
    LIBRARIES: names.map((name, at) => `${name}:${starts[at + 2]}:${blocks[at + 2]}`).join(" "),
    DENO_AT: `${denoAt}`,
    SPACE: `${Math.ceil(bytes / 1_000_000) + 15}`,
    FLAGS: runFlags.join(" "),
  }).trimEnd();
  const hash = createHash("sha256").update(head).digest("hex").slice(0, 12);
  const named = head.replace(NAME_MARK, `${version.split(" ")[0]}-${hash}`);
  const first = new TextEncoder().encode(`${named}\n`);
  if (first.length > BLOCK) throw new Error(`the head has ${first.length} bytes: it is too long`);
  const partial = `${output}.partial`;
  {
    using file = await Deno.open(partial, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o755,
    });
    const writer = file.writable.getWriter();
    for (const bytes of [first, ...parts]) await writer.write(filled(bytes));
    await writer.write(deno);
    await writer.close();
  }
  await Deno.chmod(partial, 0o755);
  await Deno.rename(partial, output);
}

/** `unpack.ts` as one file. */
async function unpacker(): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "fairlead-unpacker-" });
  try {
    const file = `${folder}/unpack.js`;
    await bundle({ entry: `${here}unpack.ts`, output: { file, codeSplitting: false } });
    return await Deno.readFile(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function program(
  { dist, libc }: Contents,
  libraries: Manifest["libraries"],
): Promise<Uint8Array> {
  const sources: [path: string, source: string][] = [
    ...[...Deno.readDirSync(dist)].map((
      { name },
    ): [string, string] => [`dist/${name}`, `${dist}/${name}`]),
    ["licences/fairlead", `${here}../../LICENSE`],
    ...(libc?.licences ?? []).map((
      path,
    ): [string, string] => [`licences/${path.split("/").at(-2)}`, path]),
  ];
  sources.sort(([a], [b]) => a < b ? -1 : 1);
  const files = await Promise.all(sources.map(([, source]) => Deno.readFile(source)));
  const manifest: Manifest = {
    files: files.map(({ length }, at) => [sources[at]![0], length]),
    libraries,
  };
  const line = new TextEncoder().encode(`${JSON.stringify(manifest)}\n`);
  return new Uint8Array(await new Blob([line, ...files]).arrayBuffer());
}

/** A shell script without its comment lines. */
function withoutComments(text: string): string {
  return text.replace(/^ *#.*\n/gm, "").trim();
}

/** The bytes, padded to whole blocks with line feeds, which do no harm in a text. */
function filled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK).fill(10);
  whole.set(bytes);
  return whole;
}

/** Replaces each `@KEY@` with its value. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/@([A-Z_]+)@/g, (whole, key: string) => values[key] ?? whole);
}
