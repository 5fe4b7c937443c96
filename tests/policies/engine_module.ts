/** The modules of policies for tests: built once, outside the checkout. */
const scripts = new URL("../../scripts/", import.meta.url).pathname;

/** The path of the module. Rejects with Go's words where it can't be built. */
export function engineModule(): Promise<string> {
  return built("engine");
}

/** The path of the module that verifies signatures. */
export function signatureModulePath(): Promise<string> {
  return built("signatures");
}

async function built(name: string): Promise<string> {
  const args = ["run", "-A", "--quiet", `${scripts}policy_engine.ts`, name];
  return (await run(Deno.execPath(), args)).trim();
}

/** The folder of the very version of OPA that the engine is made of. */
export async function opaFolder(): Promise<string> {
  const module = "github.com/open-policy-agent/opa";
  const versions = await Deno.readTextFile(`${scripts}../policies/engine/go.mod`);
  const [, version] = new RegExp(`${module} (\\S+)`).exec(versions)!;
  return await moduleFolder(module, version!);
}

/** The folder of a module of Go. */
export async function moduleFolder(module: string, version: string): Promise<string> {
  return JSON.parse(await run("go", ["mod", "download", "-json", `${module}@${version}`])).Dir;
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd: "/" }).output();
  if (!success) throw new Error(`${program} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
