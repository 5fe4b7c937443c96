/** Tests that change their process: its umask, or its user. */
import assert from "node:assert/strict";

/** The name of the one test that a process runs. */
const variable = "FAIRLEAD_TEST_ALONE";

/**
 * Registers a test that runs in a separate process. All test files share one process, so a change
 * of that process would reach the tests next to this one.
 *
 * @param file the `import.meta.url` of the test's file
 */
export function testAlone(
  { name, file, ignore = false }: { name: string; file: string; ignore?: boolean },
  run: Deno.TestDefinition["fn"],
): void {
  Deno.test(
    { name, ignore },
    Deno.env.get(variable) === name ? run : async () => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["test", "-A", "--no-check", "--filter", name, file],
        env: { [variable]: name, NO_COLOR: "1" },
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.ok(success, text + new TextDecoder().decode(stderr));
      assert.match(text, /^ok \| 1 passed /m);
    },
  );
}
