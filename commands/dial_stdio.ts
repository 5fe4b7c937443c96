import { chooseNode } from "../builders/choose_node.ts";
import { imageVerifier } from "../policies/image_verifier.ts";
import { bootNode, openBooted } from "../progress/booting.ts";
import { parsePlatforms } from "../builders/platforms.ts";
import { connectTimeout } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import { type ChosenEndpoint, dialChosen, endpointOf } from "../cli/builders/chosen_endpoint.ts";
import { carry } from "../transports/net/relay.ts";
import { type Deps, type Output, withChanges } from "../cli/deps.ts";
import type { GlobalValues } from "../cli/flags/spec.ts";
import { progressOf } from "../progress/command_progress.ts";
import type { LocalVertex } from "../progress/local.ts";
import { chooseMode } from "../progress/mode.ts";
import type { Progress } from "../progress/progress.ts";
import type { ByteStream } from "../transports/byte_stream.ts";
import { chosenBuilder } from "../cli/builders/chosen_builder.ts";
import { storeOf } from "../cli/builders/open_store.ts";
import { onAbort } from "../base/async.ts";

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  description: "Relay standard input and output to a builder's daemon, over any transport. The " +
    "bytes are unencrypted gRPC. The command ends when the daemon closes the connection.",
  flags: {
    platform: {
      kind: "string",
      env: "DOCKER_DEFAULT_PLATFORM",
      summary: "Target platform: this is used for node selection",
    },
    progress: {
      kind: "string",
      default: "none",
      summary:
        'Set type of progress output ("auto", "plain", "rawjson", "tty"). Use plain to show ' +
        "container output",
    },
  },
  async run({ deps, flags, global }) {
    const { mode } = chooseMode(flags.progress, deps);
    const store = storeOf(deps);
    const builder = await chosenBuilder(deps, global.builder, store);
    const platforms = parsePlatforms(flags.platform ? [flags.platform] : []);
    const chosen = endpointOf(builder, platforms, deps);
    const { name } = builder;
    const heading = { title: `builder: ${name}`, label: `builder:${name}` };
    using progress = progressOf(deps, { mode, heading, debug: global.debug });
    const step = progress.local.start("Proxying to builder");
    try {
      const open = () => dial(chosen, { deps, global, progress, step });
      const stream = await openBooted(open, () => {
        const node = chooseNode(builder, platforms);
        return bootNode(builder, node, deps, progress, imageVerifier(deps, progress));
      });
      await store.noteUse(builder);
      await relay(stream, deps);
      step.done();
      progress.finish();
    } catch (error) {
      step.fail(deps.signal.aborted ? "context canceled" : error);
      progress.finish({ error });
      throw error;
    }
  },
});

/** Reaches the daemon; the steps are those of buildx. */
async function dial(
  chosen: ChosenEndpoint,
  { deps, global, progress, step }: {
    readonly deps: Deps;
    readonly global: GlobalValues;
    readonly progress: Progress;
    readonly step: LocalVertex;
  },
): Promise<ByteStream> {
  const part = "Dialing builder";
  step.progress(part, 0);
  // A countdown would paint over the progress.
  const stderr: Output = progress.mode === "tty"
    ? { ...deps.stderr, isTerminal: false, write: (text) => progress.note(text.trimEnd()) }
    : deps.stderr;
  const log = (line: string) => global.debug ? progress.note(line) : undefined;
  const budget = connectTimeout(global);
  const { stream, peer } = await dialChosen(chosen, withChanges(deps, { stderr }), { budget, log });
  log(`connected to ${peer}`);
  step.complete(part);
  return stream;
}

/**
 * Carries bytes both ways until the daemon ends. Rejects with the signal's reason on an interrupt.
 */
async function relay(stream: ByteStream, deps: Deps): Promise<void> {
  const stdio = {
    read: (into: Uint8Array) => deps.stdin.read(into),
    async write(from: Uint8Array) {
      await deps.stdout.writeBytes(from);
      return from.length;
    },
    closeWrite: () => Promise.resolve(),
  };
  using _closing = onAbort(deps.signal, () => stream.close());
  try {
    // Input may end first, or find the daemon gone; the daemon's end is the one that counts.
    carry(stdio, stream).catch(() => {});
    await carry(stream, stdio);
  } catch (error) {
    deps.signal.throwIfAborted();
    throw error;
  } finally {
    stream.close();
  }
}
