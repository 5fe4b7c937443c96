import { goJson } from "../../base/go/json.ts";
import { failedCall, osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";
import { defineCommand } from "../../cli/command.ts";
import { policyModule } from "../../policies/engine_module.ts";
import { compilePolicy, type PolicyModule } from "../../policies/policy.ts";
import { localFiles, pathProblem } from "../../policies/policy_files.ts";
import { engineOptions } from "./engine_options.ts";
import { policyBuilder } from "./policy_builder.ts";

const SUFFIX = "_test.rego";

const decoder = new TextDecoder();

/** A test's outcome, as the engine answers it. */
interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly allow?: boolean;
  readonly messages?: readonly string[];
  readonly input?: unknown;
  readonly decision?: unknown;
  readonly missing?: readonly string[];
  readonly metadata?: readonly string[];
}

export const command = defineCommand({
  args: { usage: "[OPTIONS] <path>", min: 1, max: 1 },
  flags: {
    coverage: { kind: "bool", summary: "Print the lines of the policy that no test reaches" },
    filename: {
      kind: "string",
      default: "Dockerfile",
      summary: "Name of the Dockerfile to validate",
    },
    run: {
      kind: "string",
      summary: "Run only tests with name containing this substring",
    },
  },
  async run({ deps, args: [path = ""], flags, global }) {
    const { stdout } = deps;
    if (flags.filename === "") {
      throw new UsageError("policy filename is required", "for example: --filename Dockerfile");
    }
    const name = `${flags.filename}.rego`;
    const tested = { name, text: await moduleText(name, "read policy module") };
    const tests = await testModules(path);
    await using builder = policyBuilder(deps, global);
    const host = builder.host(localFiles(deps.cwd, deps.signal));
    const engine = await policyModule("engine", engineOptions(deps));
    using whole = await compilePolicy(engine, [tested, ...tests], host, {
      print: false,
      loaded: true,
    });
    using decider = await compilePolicy(engine, [tested], host, { print: false });
    const { number } = decider;
    const needsBuilder = tests.some(({ text }) =>
      /\b(ref|fullRepo|repo)\b/.test(decoder.decode(text))
    );
    const test = {
      decider: number,
      modules: [name],
      tests: tests.map(({ name }) => name),
      run: flags.run,
      coverage: flags.coverage,
      builder: needsBuilder,
      ...needsBuilder && { defaultPlatform: await builder.platform() },
    };
    const answer = await whole.ask({ test });
    const results = answer["results"] as readonly TestResult[];
    for (const result of results) stdout.write(resultText(result));
    if (flags.coverage) {
      stdout.write(coverageText(answer["uncovered"] as Record<string, number[]> | undefined));
    }
    return results.every(({ passed }) => passed) ? 0 : 1;
  },
});

function resultText(
  { name, passed, allow, messages = [], ...rest }: TestResult,
): string {
  const denials = messages.length > 0 ? `, deny_msg=${messages.join("; ")}` : "";
  const line = `${name}: ${passed ? "PASS" : "FAIL"} (allow=${allow ?? "n/a"}${denials})\n`;
  if (passed) return line;
  const { input, decision, missing = [], metadata = [] } = rest;
  return line + documentText("input", input) + documentText("decision", decision) +
    listText("missing_input", missing.map((field) => `input.${field}`)) +
    listText("metadata_resolve", metadata);
}

function documentText(label: string, value: unknown): string {
  return value === undefined ? `${label}: <nil>\n` : `${label}:\n${goJson(value, 2)}\n`;
}

function listText(label: string, all: readonly string[]): string {
  return all.length === 0 ? "" : `${label}: ${all.join(", ")}\n`;
}

function coverageText(uncovered: Readonly<Record<string, number[]>> = {}): string {
  const lines = Object.entries(uncovered).map(([file, rows]) =>
    `${file}: not reached: ${ranges(rows.sort((a, b) => a - b))}\n`
  );
  return lines.length === 0 ? "every line of the policy is reached\n" : lines.join("");
}

/** `1-3, 7` for 1, 2, 3 and 7. */
function ranges(rows: readonly number[]): string {
  const found: [number, number][] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last && row <= last[1] + 1) last[1] = row;
    else found.push([row, row]);
  }
  return found.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(", ");
}

/** The modules of tests in a folder (not below it), or the one that is named, sorted by name. */
async function testModules(typed: string): Promise<FileModule[]> {
  const path = typed.replace(/\/$/, "") || ".";
  const stat = async () => {
    if (path !== "." && pathProblem(path) !== undefined) {
      throw new UsageError(
        `stat ${path}: stat ${path}: invalid argument`,
        "tests must be below the current folder: write the path without . and ..",
      );
    }
    try {
      return await Deno.stat(path);
    } catch (error) {
      throw new UsageError(
        `stat ${path}: stat ${path}: ${osReason(error)}`,
        `name a folder, or a file that ends in ${SUFFIX}`,
      );
    }
  };
  if (!(await stat()).isDirectory) {
    if (!path.endsWith(SUFFIX)) {
      throw new UsageError(`test file must have ${SUFFIX} suffix: ${path}`, `rename the file`);
    }
    return [{ name: path, text: await moduleText(path, "read policy test module") }];
  }
  const names = [...Deno.readDirSync(path)]
    .filter(({ name, isDirectory }) => !isDirectory && name.endsWith(SUFFIX))
    .map(({ name }) => path === "." ? name : `${path}/${name}`).sort();
  if (names.length === 0) {
    throw new UsageError("no policy tests found", `tests are in files that end in ${SUFFIX}`);
  }
  return await Promise.all(names.map(async (name) => ({
    name,
    text: await moduleText(name, "read policy test module"),
  })));
}

interface FileModule extends PolicyModule {
  readonly text: Uint8Array;
}

async function moduleText(name: string, what: string): Promise<Uint8Array> {
  if (pathProblem(name) !== undefined) {
    throw new UsageError(
      `${what} ${name}: readfile ${name}: invalid argument`,
      "the policy must be below the current folder; write the path without . and ..",
    );
  }
  try {
    return await Deno.readFile(name);
  } catch (error) {
    throw new UsageError(
      `${what} ${name}: ${failedCall(error)} ${name}: ${osReason(error)}`,
      "the policy is named after the Dockerfile: --filename NAME reads NAME.rego",
    );
  }
}
