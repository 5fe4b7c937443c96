/** The binary as a shell script with everything behind it; `layout.ts` has its form. */
import { createHash } from "node:crypto";
import { bundle } from "../bundle/rolldown.ts";
import { BLOCK, type Manifest } from "./layout.ts";
import { runFlags } from "./run_flags.ts";
import type { Target } from "./targets.ts";

/** What goes in. */
export interface Contents {
  readonly target: Target;
  /** The program's version, as it is printed. */
  readonly version: string;
  /** The folder of the bundled program. */
  readonly dist: string;
  /** The Deno of the target. */
  readonly deno: string;
  readonly denoVersion: string;
  /** libgcc_s.so.1 of the target, which Deno needs beside libc. */
  readonly library?: string;
  readonly output: string;
}

const here = new URL(".", import.meta.url).pathname;

/** Writes the binary. */
export async function selfExtracting(contents: Contents): Promise<void> {
  const { target, version, output, denoVersion } = contents;
  if (target.uname === undefined) {
    throw new Error(`${target.name} has no POSIX shell: leave --self-extracting out`);
  }
  const parts = [await unpacker(), await program(contents.dist)];
  if (contents.library !== undefined) parts.push(await Deno.readFile(contents.library));
  const blocks = parts.map(({ length }) => Math.ceil(length / BLOCK));
  const places = blocks.map((_, at) => blocks.slice(0, at).reduce((sum, count) => sum + count, 1));
  const deno = await Deno.readFile(contents.deno);
  const digest = createHash("sha256");
  parts.slice(1).forEach((bytes) => digest.update(filled(bytes)));
  const sum = digest.update(deno).digest("hex");
  const head = fill(await Deno.readTextFile(`${here}head.sh`), {
    VERSION: version,
    TARGET: target.name,
    DENO: denoVersion,
    UNAME: target.uname,
    SIZE: `${(places.at(-1)! + blocks.at(-1)!) * BLOCK + deno.length}`,
    BLOCK: `${BLOCK}`,
    UNPACK: `${places[0]} ${blocks[0]}`,
    PROGRAM: `${places[1]! * BLOCK} ${sum}`,
    LIBRARY: parts.length > 2 ? `${places[2]} ${blocks[2]}` : "",
    DENO_AT: `${places.at(-1)! + blocks.at(-1)!}`,
    SPACE: `${Math.ceil(deno.length / 1_000_000) + 15}`,
    FLAGS: runFlags.join(" "),
  });
  const name = createHash("sha256").update(head).digest("hex").slice(0, 12);
  const named = new TextEncoder().encode(fill(head, { NAME: `${version.split(" ")[0]}-${name}` }));
  if (named.length > BLOCK) throw new Error(`the head has ${named.length} bytes: it is too long`);
  const partial = `${output}.partial`;
  {
    using file = await Deno.open(partial, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o755,
    });
    const writer = file.writable.getWriter();
    for (const bytes of [named, ...parts]) await writer.write(filled(bytes));
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

async function program(dist: string): Promise<Uint8Array> {
  const names = [...Deno.readDirSync(dist)].map(({ name }) => name).sort();
  const files = await Promise.all(names.map((name) => Deno.readFile(`${dist}/${name}`)));
  const manifest: Manifest = { files: files.map(({ length }, at) => [names[at]!, length]) };
  const line = new TextEncoder().encode(`${JSON.stringify(manifest)}\n`);
  return new Uint8Array(await new Blob([line, ...files]).arrayBuffer());
}

/** Up to whole blocks, with line feeds: they hurt no text. */
function filled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK).fill(10);
  whole.set(bytes);
  return whole;
}

/** Puts values in for `@KEY@`. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/@([A-Z_]+)@/g, (whole, key: string) => values[key] ?? whole);
}
