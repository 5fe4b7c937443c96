import { openStdin, streamOf } from "../../builds/inputs/stdin.ts";
import { goJson } from "../../base/go/json.ts";
import { failedCall, osReason } from "../../base/os_reason.ts";
import { baseName } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";
import { parsePlatform } from "../../builders/platforms.ts";
import { defineCommand } from "../../cli/command.ts";
import type { Deps } from "../../cli/deps.ts";
import { policyModule } from "../../policies/engine_module.ts";
import type { EngineLog } from "../../policies/engine.ts";
import { type CheckResult, compilePolicy, PolicyError } from "../../policies/policy.ts";
import { localFiles } from "../../policies/policy_files.ts";
import type { Meta, MetaRequest, PolicyPlatform, Source } from "../../policies/source_meta.ts";
import { engineOptions } from "./engine_options.ts";
import { type PolicyBuilder, policyBuilder } from "./policy_builder.ts";
import { policySource } from "./policy_source.ts";

/** The largest number of requests for metadata, as in buildx. */
const MOST_ROUNDS = 4;

export const command = defineCommand({
  args: { usage: "[OPTIONS] source", min: 1, max: 1 },
  flags: {
    explain: { kind: "bool", summary: "Print OPA's trace of the rules that decided" },
    fields: { kind: "slice", summary: "Fields to evaluate" },
    file: {
      kind: "string",
      short: "f",
      default: "Dockerfile",
      summary: "Policy filename to evaluate",
    },
    filename: { kind: "string", summary: "Policy filename to evaluate", hidden: true },
    platform: { kind: "string", summary: "Target platform for policy evaluation" },
    print: { kind: "bool", summary: "Print policy output" },
  },
  async run({ deps, args: [typed = ""], flags, given, global }) {
    const source = await policySource(typed);
    await using builder = policyBuilder(deps, global);
    const platform = flags.platform ? platformOf(flags.platform) : await builder.platform();
    if (flags.print) {
      return await printInput(source, platform, builder, { deps, fields: flags.fields });
    }
    const name = given.has("filename") ? flags.filename : flags.file;
    if (name === "") throw new UsageError("filename is required", "like -f Dockerfile, or -f -");
    const text = await policyText(name, deps);
    const engine = await policyModule("engine", engineOptions(deps));
    const title = name === "-" ? "stdin" : baseName(name);
    const module = { name: name === "-" ? "-" : `${title}.rego`, text };
    const log = (lines: readonly EngineLog[]) => {
      if (global.debug) { for (const { text } of lines) deps.stderr.write(`DEBUG: ${text}\n`); }
    };
    const host = builder.host(localFiles(deps.cwd, deps.signal));
    using policy = await compilePolicy(engine, [module], host, { print: true });
    let meta: Meta | undefined;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const result = await policy.check({
        source,
        meta,
        platform,
        defaultPlatform: platform,
        env: { filename: title },
        explain: flags.explain,
      }).catch((error) => {
        if (error instanceof PolicyError) log(error.logs);
        throw error;
      });
      log(result.logs);
      if (result.request === undefined) return conclude(result, deps);
      meta = await builder.meta(result.request);
    }
    throw new Error("maximum attempts reached for resolving policy metadata");
  },
});

function conclude(
  { action, messages, trace }: CheckResult,
  { stdout }: Pick<Deps, "stdout">,
): void {
  for (const line of trace) stdout.write(`${line}\n`);
  if (action !== "DENY") return;
  const reasons = messages.filter((message) => message !== "").join("; ");
  throw new Error(reasons === "" ? "policy denied" : `policy denied: ${reasons}`);
}

async function printInput(
  source: Source,
  platform: PolicyPlatform,
  builder: PolicyBuilder,
  { deps, fields }: { readonly deps: Deps; readonly fields: readonly string[] },
): Promise<void> {
  const engine = await policyModule("engine", engineOptions(deps));
  using policy = await compilePolicy(engine, [], builder.host(), { print: false });
  let meta: Meta | undefined;
  /** Fields that metadata was requested for. */
  const resolved = new Set<string>();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const check = { source, meta, platform, env: {}, printInput: true, fields };
    const answer = await policy.ask({ check });
    for (const field of answer["resolved"] as string[] ?? []) resolved.add(field);
    const request = answer["request"] as MetaRequest | undefined;
    if (request !== undefined) {
      meta = await builder.meta(request);
      continue;
    }
    const unknown = (answer["unknowns"] as string[] ?? []).map((name) =>
      name.slice("input.".length)
    );
    const invalid = fields.filter((field) => !resolved.has(field) && !isPending(field, unknown));
    if (invalid.length > 0) deps.stderr.write(`WARNING: invalid fields: ${invalid.join(", ")}\n`);
    const shown = shortFields(unknown, fields);
    if (shown.length > 0) deps.stderr.write(`INFO: unresolved fields: ${shown.join(", ")}\n`);
    deps.stdout.write(`${goJson(withoutDepth(answer["input"]), 2)}\n`);
    return;
  }
  throw new Error("maximum attempts reached for resolving source metadata");
}

/** The zero depth of an `env` says nothing; an empty `env` is left out. */
function withoutDepth(input: unknown): unknown {
  return JSON.parse(JSON.stringify(input), (key, value) => {
    if (key !== "env" || Array.isArray(value)) return value;
    const { depth: _, ...rest } = value;
    return Object.keys(rest).length > 0 ? rest : undefined;
  });
}

/** Whether the field of a material, or something on the way to it, is still unknown. */
function isPending(field: string, unknown: readonly string[]): boolean {
  return field.startsWith("image.provenance.materials[") &&
    unknown.some((name) =>
      field === name || /^[.[]/.test(field.slice(name.length)) && field.startsWith(name)
    );
}

/** Unknown fields as they are listed: the requested ones, or all of them cut to two parts. */
function shortFields(unknown: readonly string[], fields: readonly string[]): string[] {
  const requested = fields.flatMap((field) =>
    unknown.filter((name) =>
      field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`)
    ).sort((a, b) => b.length - a.length).slice(0, 1)
  );
  const cut = unknown.map((name) => {
    const materials = name.indexOf(".materials[");
    if (materials >= 0) return name.slice(0, materials) + ".materials";
    return name.split(".").slice(0, 2).join(".");
  });
  return [...new Set(fields.length > 0 ? requested : cut)].sort();
}

async function policyText(name: string, deps: Deps): Promise<Uint8Array> {
  if (name === "-") return await new Response(streamOf(openStdin(deps))).bytes();
  try {
    return await Deno.readFile(`${name}.rego`);
  } catch (error) {
    const why = `${failedCall(error)} ${name}.rego: ${osReason(error)}`;
    throw new UsageError(
      `failed to read policy file ${name}.rego: ${why}`,
      "-f names the file without .rego; -f - reads the policy from standard input",
    );
  }
}

function platformOf(text: string): PolicyPlatform {
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new UsageError(`invalid platform ${JSON.stringify(text)}: ${(error as Error).message}`);
  }
}
