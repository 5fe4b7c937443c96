/** Programs of other Debian suites than the machine's, by `tests/daemons/debian`. */

/** The folder with packages of a Debian suite; undefined when they can't be had. */
export async function debian(...suiteAndPackages: string[]): Promise<string | undefined> {
  const script = new URL("../daemons/debian", import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(script, {
    args: suiteAndPackages,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}
