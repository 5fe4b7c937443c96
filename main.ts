import { catchFileSizeLimit } from "./base/file_size_limit.ts";
import { connect } from "./cli/connect.ts";
import { commands } from "./commands/list.ts";
import { debugIsSet, reportError, runProgram } from "./cli/run.ts";
import { codeAfter, interruptible } from "./cli/signals.ts";
import { inputOf, outputOf, systemClock } from "./cli/terminal.ts";
import { ownProcess } from "./transports/tls/roots.ts";
import { transports } from "./transports/all.ts";
import { createPlugins } from "./transports/external.ts";
import { createRegistry } from "./transports/registry.ts";

const own = (name: string) => Deno.env.get(name);
const call = own("DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND")
  ? (await import("./cli/plugin/plugin_call.ts")).readPluginCall(Deno.args, own)
  : undefined;
const env = call?.env ?? own;
const { signal, listen } = interruptible(Deno.exit);

// A self-extracting binary sets these for Deno alone: the programs that we start get the user's.
for (const name of ["DENO_DIR", "LD_LIBRARY_PATH", "LD_PRELOAD"]) {
  const users = own(`FAIRLEAD_${name}`);
  if (users) Deno.env.set(name, users);
  else if (users === "") Deno.env.delete(name);
}

const plugins = createPlugins(env);
// A plugin that is a module may use the runtime's own certificate authorities.
ownProcess(Deno.env, plugins.hasModules);

const stderr = outputOf(Deno.stderr, "standard error");
// Deno would print an error that nobody caught as it stands, with its stack and the daemon's words.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  void reportError(
    event.reason,
    { stderr, env, ...call && { plugin: call.plugin } },
    debugIsSet(env),
  )
    .then((code) => Deno.exit(code));
});

async function examplesOf(path: string): Promise<string> {
  const { examples } = await import("./commands/examples.ts");
  return Object.hasOwn(examples, path) ? examples[path]!.lines : "";
}

const code = await runProgram(
  {
    args: call?.args ?? Deno.args,
    ...call && { plugin: call.plugin },
    ...call?.context !== undefined && { context: call.context },
    env,
    // The folder is read only when needed: `fairlead ls` must work in a folder that was deleted.
    get cwd() {
      return Deno.cwd();
    },
    stdin: inputOf(Deno.stdin),
    stdout: outputOf(Deno.stdout, "standard output"),
    stderr,
    clock: systemClock,
    listen,
    catchFileSizeLimit,
    signal: call ? AbortSignal.any([signal, call.signal]) : signal,
    registry: createRegistry(transports, plugins),
    connect,
  },
  commands,
  examplesOf,
);

// This sets the exit code, and ends the program even if a command left something open.
Deno.exit(codeAfter(signal, code));
