import { chooseBuilder } from "../builders/builder.ts";
import { parsePlatforms } from "../builders/platforms.ts";
import { connectTimeout } from "../cli/connect_timeout.ts";
import { defineCommand } from "../cli/command.ts";
import { dialChosen, endpointOf } from "../cli/builders/chosen_endpoint.ts";
import { carry } from "../transports/net/relay.ts";
import { UsageError } from "../base/usage_error.ts";
import { storeOf } from "../cli/builders/open_store.ts";

const modes = ["none", "auto", "plain", "tty", "rawjson", "quiet"];

export const command = defineCommand({
  args: { usage: "", min: 0, max: 0 },
  description: "Relay standard input and output to a builder's daemon: raw bytes, gRPC in the " +
    "clear, whatever leads there. Ends when the daemon does.",
  flags: {
    platform: {
      kind: "string",
      env: "DOCKER_DEFAULT_PLATFORM",
      summary: "Target platform: this is used for node selection",
    },
    progress: {
      kind: "string",
      default: "none",
      summary: `Set type of progress output (${modes.map((mode) => `"${mode}"`).join(", ")})`,
    },
  },
  async run({ deps, flags, global }) {
    if (!modes.includes(flags.progress)) {
      throw new UsageError(`invalid progress mode ${flags.progress}`, `use ${modes.join(", ")}`);
    }
    const store = storeOf(deps);
    const builder = await chooseBuilder(store, deps.env, global.builder);
    const platforms = parsePlatforms(flags.platform ? [flags.platform] : []);
    const chosen = endpointOf(builder, platforms, deps);
    const tells = global.debug || !["none", "quiet"].includes(flags.progress);
    const log = (line: string) => tells ? deps.stderr.write(`${line}\n`) : undefined;
    const { stream, peer } = await dialChosen(chosen, deps, {
      budget: connectTimeout(global),
      log,
    });
    log(`connected to ${peer}`);
    store.noteUse(builder);
    const stdio = {
      read: (into: Uint8Array) => deps.stdin.read(into),
      async write(from: Uint8Array) {
        await deps.stdout.writeBytes(from);
        return from.length;
      },
      closeWrite: () => Promise.resolve(),
    };
    const close = () => stream.close();
    deps.signal.addEventListener("abort", close, { once: true });
    try {
      // What goes up may end before, or find the daemon gone: what comes down tells.
      carry(stdio, stream).catch(() => {});
      await carry(stream, stdio);
    } catch (error) {
      deps.signal.throwIfAborted();
      throw error;
    } finally {
      deps.signal.removeEventListener("abort", close);
      close();
    }
  },
});
