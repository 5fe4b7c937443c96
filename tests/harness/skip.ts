/**
 * Skips that can't hide: each prints its reason, `scripts/test` lists them, and with
 * FAIRLEAD_TEST_REQUIRE=all (as in CI) each is a failed test instead.
 *
 *     Deno.test({ name: "…", ignore: skip(await missing("buildkitd", "runc")), fn: … });
 */

export interface SkipOptions {
  /**
   * The test depends on something outside that changes without us, so no machine is required to run
   * it.
   */
  optional?: boolean;
}

/** For `ignore`: true when there is a reason. Called at the top level of a test file. */
export function skip(reason: string | undefined, options: SkipOptions = {}): boolean {
  if (reason === undefined) return false;
  Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
  const list = Deno.env.get("FAIRLEAD_TEST_SKIPS");
  if (list) Deno.writeTextFileSync(list, `${reason}\n`, { append: true });
  if (Deno.env.get("FAIRLEAD_TEST_REQUIRE") === "all" && !options.optional) {
    Deno.test(`must run here, but would be skipped: ${reason}`, () => {
      throw new Error(reason);
    });
  }
  return true;
}

/** The reason why tests that need mounts, namespaces or real daemons can't run for this user. */
export function needsRoot(): string | undefined {
  return Deno.uid() === 0 ? undefined : "real daemons are started as root only";
}
