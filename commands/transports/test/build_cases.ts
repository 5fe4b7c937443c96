/** The cases in which the daemon builds: a file goes up, comes down again, and is compared. */
import { outputTo } from "../../../cli/output_to.ts";
import { writeAll } from "../../../base/bytes.ts";
import { commands } from "../../list.ts";
import { type Deps, type Output, withChanges } from "../../../cli/deps.ts";
import { runProgram } from "../../../cli/run.ts";
import { expect } from "../../../transports/contract/expect.ts";
import type { Case, Kit } from "./subject.ts";
import { TarDigest } from "./tar_digest.ts";

const MIB = 1 << 20;
const SIZE = 64 * MIB;

/** The cases by name. */
export const buildCases: Readonly<Record<string, Case>> = {
  "every byte value": async (kit) => {
    const all = Uint8Array.from({ length: 4096 }, (_, i) => (i % 256) * (1 + 2 * (i >> 8)));
    const blob = await makeContext(kit, "values", [all]);
    await build(kit, blob, {});
  },

  "64 MiB each way at once, with a slow reader": async (kit) => {
    const first = await makeContext(kit, "first", random(SIZE));
    const second = await makeContext(kit, "second", random(SIZE));
    await build(kit, first, {});
    // The daemon has received the first file and only sends; the second file goes up at the same
    // time.
    await Promise.all([build(kit, first, { slow: true }), build(kit, second, {})]);
  },
};

interface Context {
  readonly folder: string;
  /** The SHA-256 of the folder's only file, in hex. */
  readonly digest: string;
}

async function makeContext(
  { folder }: Kit,
  name: string,
  parts: Iterable<Uint8Array>,
): Promise<Context> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  const path = `${folder}/${name}`;
  await Deno.mkdir(path);
  await Deno.writeTextFile(`${path}/Dockerfile`, "FROM scratch\nCOPY blob /\n");
  using file = await Deno.open(`${path}/blob`, { write: true, createNew: true });
  for (const part of parts) {
    hash.update(part);
    await writeAll(file, part);
  }
  return { folder: path, digest: hash.digest("hex") };
}

function* random(size: number): Generator<Uint8Array> {
  const part = new Uint8Array(64 << 10);
  for (let at = 0; at < size; at += part.length) yield crypto.getRandomValues(part);
}

/** Builds an image of the file, as a tar on stdout, and compares the file in the tar. */
async function build(kit: Kit, { folder, digest }: Context, { slow = false }): Promise<void> {
  const { createHash } = await import("node:crypto");
  const tar = new TarDigest("blob", createHash("sha256"));
  let errors = "";
  const stdout: Output = {
    ...outputTo(() => {}),
    async writeBytes(bytes) {
      tar.add(bytes);
      if (slow) await kit.deps.clock.sleep(bytes.length >> 17, kit.deps.signal);
    },
  };
  const stderr = outputTo((text) => errors += text);
  // The build uses no builder and no settings of the user.
  const home = `${kit.folder}/config`;
  const replaced: Readonly<Record<string, string | undefined>> = {
    BUILDKIT_HOST: kit.url,
    BUILDX_BUILDER: undefined,
    BUILDX_CONFIG: home,
    DOCKER_CONFIG: home,
    DOCKER_CONTEXT: undefined,
    DOCKER_HOST: undefined,
  };
  const env: Deps["env"] = (name) => name in replaced ? replaced[name] : kit.deps.env(name);
  const args = ["build", "--progress=quiet", "--output=type=tar,dest=-", folder];
  const deps = withChanges(kit.deps, { args, env, stdout, stderr });
  const code = await runProgram(deps, commands);
  kit.deps.signal.throwIfAborted();
  expect(code === 0, `the build failed: ${errors.trim()}`);
  const got = tar.digest();
  expect(
    got === digest,
    `the received file differs from the sent one: ${got ?? "no file"}, not ${digest}`,
  );
}
