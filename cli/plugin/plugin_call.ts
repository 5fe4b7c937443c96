/**
 * How docker calls its plugins: `docker-NAME [docker's own flags] [help] NAME ARGS…`, with
 * `DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND` set, and with a socket whose end says that docker is
 * gone, or was interrupted (https://github.com/docker/cli/tree/master/cli-plugins).
 */
import type { Env } from "../../base/env.ts";
import { Interrupted } from "../deps.ts";
import { parseFlags } from "../flags/parse.ts";
import type { FlagSpecs } from "../flags/spec.ts";
import { firstArgument } from "../root.ts";

/** docker's call of a plugin. */
export interface PluginCall {
  /** The name by which docker calls us. */
  readonly plugin: string;
  /** The arguments: first docker's flags that fairlead has, too, then the words after the name. */
  readonly args: readonly string[];
  /** The environment, in which docker's flags replace variables. */
  readonly env: Env;
  /** The value of docker's flag `--context`; absent if it wasn't typed. */
  readonly context?: string;
  /** Aborted when docker asks the plugin to end. */
  readonly signal: AbortSignal;
}

/** docker's global flags. */
const dockerFlags = {
  config: { kind: "string", summary: "" },
  context: { kind: "string", short: "c", summary: "" },
  debug: { kind: "bool", short: "D", summary: "" },
  help: { kind: "bool", short: "h", summary: "" },
  host: { kind: "array", short: "H", summary: "" },
  "log-level": { kind: "string", short: "l", summary: "" },
  tls: { kind: "bool", summary: "" },
  tlscacert: { kind: "string", summary: "" },
  tlscert: { kind: "string", summary: "" },
  tlskey: { kind: "string", summary: "" },
  tlsverify: { kind: "bool", summary: "" },
} as const satisfies FlagSpecs;

/** The names that `fairlead install` gives us. */
const names = ["fairlead", "buildx"];

/** Reads docker's call of a plugin; undefined if the program was called by itself. */
export function readPluginCall(words: readonly string[], env: Env): PluginCall | undefined {
  const first = firstArgument(words, dockerFlags);
  // `docker help NAME ARGS…` passes its words unchanged.
  const at = words[first] === "help" ? first + 1 : first;
  const plugin = words[at];
  // Plugins of docker inherit its variables and call us by ourselves: compose runs `docker-buildx
  // bake`.
  if (plugin === undefined || !names.includes(plugin)) return undefined;
  const { values } = parseFlags(dockerFlags, words.slice(0, first), env);
  const variables = new Map<string, string>();
  if (values.config) variables.set("DOCKER_CONFIG", values.config);
  if (values.context) variables.set("DOCKER_CONTEXT", values.context).set("DOCKER_HOST", "");
  const [host] = values.host;
  if (host !== undefined) variables.set("DOCKER_HOST", host).set("DOCKER_CONTEXT", "");
  if (values.tlsverify) variables.set("DOCKER_TLS_VERIFY", "1");
  if (values.tls) variables.set("DOCKER_TLS", "1");
  // docker has no variables for these files; transports/engine/docker_context.ts reads ours.
  for (const name of ["tlscacert", "tlscert", "tlskey"] as const) {
    if (values[name]) variables.set(`FAIRLEAD_${name.toUpperCase()}`, values[name]);
  }
  const help = values.help || at > first;
  const debug = values.debug || values["log-level"] === "debug";
  return {
    plugin,
    args: [...debug ? ["--debug"] : [], ...help ? ["help"] : [], ...words.slice(at + 1)],
    env: (name) => variables.get(name) ?? env(name),
    ...values.context && { context: values.context },
    signal: endOfDocker(env("DOCKER_CLI_PLUGIN_SOCKET")),
  };
}

/** Aborted when docker closes the socket; never if there is no socket. */
function endOfDocker(address: string | undefined): AbortSignal {
  const controller = new AbortController();
  if (address) {
    wait(address).then((ended) => {
      if (ended) controller.abort(new Interrupted("SIGTERM"));
    });
  }
  return controller.signal;
}

/** True at the end of the stream; false if the stream can't be read. */
async function wait(address: string): Promise<boolean> {
  try {
    // Go writes abstract socket names with an @.
    using socket = await Deno.connect({ transport: "unix", path: address.replace(/^@/, "\0") });
    const buffer = new Uint8Array(16);
    while (await socket.read(buffer) !== null);
    return true;
  } catch {
    return false;
  }
}
