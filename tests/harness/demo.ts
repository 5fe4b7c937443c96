/** The steps of `scripts/demo`, each with a line that describes it. */
import { startBuildkitd } from "./buildkitd.ts";
import type { Daemon } from "./daemon.ts";
import { need, onPath } from "./tool.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const folder = Deno.args[0];
const temporary = await Deno.makeTempDir({ prefix: "fairlead-demo-" });
const out = folder ?? `${temporary}/out`;
let daemon: Daemon | undefined;
let code = 1;
try {
  code = await demo();
} catch (error) {
  say(`the demo failed: ${error instanceof Error ? error.message : error}`);
} finally {
  if (daemon !== undefined) {
    say("stopping the throwaway buildkitd and deleting what it kept");
    await daemon.stop();
  }
  await Deno.remove(temporary, { recursive: true });
}
Deno.exit(code);

async function demo(): Promise<number> {
  const address = await daemonAddress();

  const shell = `${root}/examples/hello/busybox`;
  say(`the shell for the build's RUN step: a static busybox goes to ${shell}`);
  await Deno.copyFile(await need("busybox"), shell);

  // A store of its own, so that no builder of yours is touched.
  const env = { BUILDX_CONFIG: `${temporary}/buildx` };
  say("a builder by the name of 'demo' for that daemon");
  await fairlead(["create", "--name", "demo", "--driver", "remote", "--use", address], env);
  say("the builders there are now");
  await fairlead(["ls"], env);
  say(`examples/hello is built, and its result written to ${out}`);
  const name = `NAME=${Deno.env.get("USER") || "world"}`;
  await fairlead(["build", "--build-arg", name, "-o", out, `${root}/examples/hello`], env);
  say(`running ${out}/hello`);
  const { code } = await new Deno.Command(`${out}/hello`).spawn().status;
  return code;
}

async function daemonAddress(): Promise<string> {
  const given = Deno.env.get("BUILDKIT_HOST");
  if (given) {
    say(`the daemon is BUILDKIT_HOST's: ${given}`);
    return given;
  }
  const installed = await onPath("buildkitd");
  const which = installed === undefined ? "the tests' one" : `${installed}, from PATH`;
  say(`a throwaway buildkitd is started: ${which}`);
  const started = await startBuildkitd(installed === undefined ? {} : { program: installed });
  daemon = started;
  return started.address;
}

/** Shows the command, then runs it. */
async function fairlead(args: string[], env: Record<string, string>): Promise<void> {
  const program = `${root}/scripts/fairlead`;
  say(`  $ fairlead ${args.join(" ")}`);
  const { success, code } = await new Deno.Command(program, { args, env }).spawn().status;
  if (!success) throw new Error(`fairlead ${args[0]} ended with exit code ${code}`);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line.startsWith(" ") ? "" : "==> "}${line}\n`));
}
