/**
 * `--shell-from`: brings a shell into containers that have none. A file of this machine, or an
 * image, is mounted next to the container's own files.
 */
import { exists, isFile } from "../base/stat.ts";
import { UsageError } from "../base/usage_error.ts";
import { osReason } from "../base/os_reason.ts";
import { type Gateway } from "../buildkit/gateway.ts";
import { parseReference, referenceText, withDefaultTag } from "../buildkit/registry/reference.ts";
import { stepDefinition } from "../buildkit/step_definition.ts";
import { messageOf } from "../proto/message_of.ts";
import type { Platform } from "../proto/gen/pb_types.ts";
import { FileAction, FileActionMkFile, FileOp, Mount, Step as Op } from "../proto/gen/steps.ts";
import { refOf } from "../buildkit/result.ts";

/** A shell to be mounted. */
export interface ShellSource {
  /** Builds the file system that holds it. */
  open(gateway: Gateway, platform: Platform | undefined): Promise<OpenShell>;
}

/** A shell that can be mounted. */
export interface OpenShell {
  readonly mount: Mount;
  readonly args: readonly string[];
  /** A folder for PATH. */
  readonly folder: string;
}

/** Where it is mounted. */
const PLACE = "/.fairlead";
/** The largest file, in bytes: a message of the daemon holds two copies of it. */
const LARGEST = 7 << 20;

/** Reads the flag: the path of an existing file, else the name of an image. Throws `UsageError`. */
export function shellSource(from: string): ShellSource {
  const isPath = /^\.{0,2}\//.test(from);
  if (isFile(from)) return fileSource(readShell(from));
  if (isPath || exists(from)) {
    throw new UsageError(
      `invalid value ${JSON.stringify(from)} of --shell-from: it is not a file`,
      "give a static shell of this machine, such as /bin/busybox, or the name of an image",
    );
  }
  return imageSource(from);
}

function readShell(path: string): Uint8Array {
  try {
    const bytes = Deno.readFileSync(path);
    if (bytes.length <= LARGEST) return bytes;
  } catch (error) {
    throw new UsageError(`cannot read ${path} of --shell-from: ${osReason(error)}`);
  }
  throw new UsageError(
    `${path} of --shell-from is larger than 7 MiB`,
    "a static busybox has 2 MiB; an image may be of any size",
  );
}

function fileSource(data: Uint8Array): ShellSource {
  // One program by many names: its commands are found once each has a link.
  const isBusybox = new TextDecoder("latin1").decode(data).includes("BusyBox v");
  const names = isBusybox ? ["sh", "busybox"] : ["sh"];
  const actions = names.map((name, i) =>
    messageOf(FileAction, {
      input: BigInt(i - 1 < 0 ? -1 : i - 1),
      secondaryInput: -1n,
      output: i === names.length - 1 ? 0n : -1n,
      mkfile: messageOf(FileActionMkFile, { path: `/${name}`, mode: 0o755, data, timestamp: -1n }),
    })
  );
  const install = `${PLACE}/busybox --install -s ${PLACE} 2>/dev/null; exec ${PLACE}/sh`;
  return {
    async open(gateway) {
      const op = messageOf(Op, { file: messageOf(FileOp, { actions }) });
      return {
        mount: await mountOf(gateway, op, "the shell of --shell-from"),
        args: isBusybox ? [`${PLACE}/sh`, "-c", install] : [`${PLACE}/sh`],
        folder: PLACE,
      };
    },
  };
}

function imageSource(name: string): ShellSource {
  const image = referenceText(withDefaultTag(parseReference(name)));
  return {
    async open(gateway, platform) {
      const source = { identifier: `docker-image://${image}`, attrs: {} };
      const op = messageOf(Op, { source, platform });
      const folder = `${PLACE}/bin`;
      const mount = await mountOf(gateway, op, `the shell of --shell-from: ${name}`);
      return { mount, args: [`${folder}/sh`], folder };
    },
  };
}

/** Builds one step, and mounts its result. */
async function mountOf(gateway: Gateway, op: Op, name: string): Promise<Mount> {
  const Definition = await stepDefinition(Op.encode(op).finish(), name);
  const ref = refOf(await gateway.solve({ Definition }));
  await gateway.evaluate(ref);
  return messageOf(Mount, { dest: PLACE, resultID: ref });
}
