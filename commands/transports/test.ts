import { defineCommand } from "../../cli/command.ts";
import { hintOf, messageOf } from "../../cli/report.ts";
import { buildCases } from "./test/build_cases.ts";
import { ANSWERS, connectionCases } from "./test/connection_cases.ts";
import { pluginCases } from "./test/plugin_cases.ts";
import { noProcessLeft } from "./test/processes.ts";
import { type Case, type Kit, makeKit } from "./test/subject.ts";
import { UsageError } from "../../base/usage_error.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] URL", min: 1, max: 1 },
  description: `Run the conformance kit against the daemon at an endpoint

The kit prints one line for each case. The exit code is 0 when all cases pass. The daemon builds
files of up to 64 MiB, which stay in its cache until it needs the space.`,
  ignoresBuilder: true,
  flags: {
    case: { kind: "array", summary: "Run only the cases whose names contain this `text`" },
  },
  async run({ deps, args, flags, global }) {
    await using kit = await makeKit(deps, args[0]!, global.debug);
    const chosen = casesOf(kit).filter(([name]) =>
      flags.case.length === 0 || flags.case.some((text) => name.includes(text))
    );
    if (chosen.length === 0) throw new UsageError("no case has this text in its name");
    let failed = 0;
    for (const [at, [name, run]] of chosen.entries()) {
      deps.signal.throwIfAborted();
      const started = deps.clock.monotonic();
      try {
        const note = await noProcessLeft(() => run(kit));
        const seconds = ((deps.clock.monotonic() - started) / 1000).toFixed(1);
        deps.stdout.write(`ok      ${name} (${note ? `${note}, ` : ""}${seconds} s)\n`);
      } catch (error) {
        deps.signal.throwIfAborted();
        failed++;
        const hint = hintOf(error);
        const text = messageOf(error).replaceAll("\n", "\n        ");
        deps.stdout.write(`FAILED  ${name}: ${text}\n${hint ? `        hint: ${hint}\n` : ""}`);
        const left = chosen.length - at - 1;
        if ((name === ANSWERS || kit.lacksMetadata(error)) && left > 0) {
          deps.stdout.write(`        ${left} more cases, which all need that, were not run\n`);
          break;
        }
      }
    }
    deps.stdout.write(failed === 0 ? "all cases pass\n" : `${failed} failed\n`);
    return failed === 0 ? 0 : 1;
  },
});

function casesOf({ file }: Kit): [string, Case][] {
  const plugin = file?.kind === "executable" ? Object.entries(pluginCases) : [];
  return [...plugin, ...Object.entries(connectionCases), ...Object.entries(buildCases)];
}
