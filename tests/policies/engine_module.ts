/** The policy engine for tests: built once, outside the checkout. */
const scripts = new URL("../../scripts/", import.meta.url).pathname;

/** The path of the module. Rejects with Go's words where it can't be built. */
export async function engineModule(): Promise<string> {
  return (await run(Deno.execPath(), ["run", "-A", "--quiet", `${scripts}policy_engine.ts`]))
    .trim();
}

/** The folder of the very version of OPA that the engine is made of. */
export async function opaFolder(): Promise<string> {
  const module = "github.com/open-policy-agent/opa";
  const versions = await Deno.readTextFile(`${scripts}../policies/engine/go.mod`);
  const [, version] = new RegExp(`${module} (\\S+)`).exec(versions)!;
  return JSON.parse(await run("go", ["mod", "download", "-json", `${module}@${version}`])).Dir;
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd: "/" }).output();
  if (!success) throw new Error(`${program} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
