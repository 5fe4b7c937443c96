// deno-lint-ignore-file no-console
/**
 * OPA's own conformance cases of Rego v1, run through the module that fairlead ships. Cases that
 * call a function which buildx forbids, and so does the engine, are left out.
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { startEngine } from "../../policies/engine.ts";
import { engineModule, opaFolder } from "./engine_module.ts";

/** A case of OPA's `v1/test/cases/testdata/v1`. */
interface Case {
  readonly note: string;
  readonly modules?: readonly string[];
  readonly query: string;
  readonly data?: unknown;
  readonly input?: unknown;
  readonly input_term?: string;
  readonly want_result?: readonly Record<string, unknown>[];
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly strict_error?: boolean;
  readonly sort_bindings?: boolean;
  readonly ignore_generated_vars?: boolean;
}

/** A forbidden function, where a case calls it only in a branch that no error names. */
const FORBIDDEN = new RegExp(
  String.raw`\b(crypto\.|io\.jwt|http\.send|net\.|graphql\.|graph\.|opa\.runtime|providers\.aws|` +
    String.raw`json\.(match_schema|verify_schema)|rego\.(parse_module|metadata)|trace\(|walk\()`,
);

Deno.test("OPA's conformance cases hold in the shipped engine", async () => {
  const bytes = await Deno.readFile(await engineModule());
  const engine = await startEngine(bytes);
  const wrong: string[] = [];
  let [held, forbidden] = [0, 0];
  for (const one of cases(`${await opaFolder()}/v1/test/cases/testdata/v1`)) {
    const modules = one.modules ?? [];
    if (FORBIDDEN.test(`${modules.join("\n")}\n${one.query}`)) {
      forbidden++;
      continue;
    }
    const compiled = engine.call({
      compile: {
        bare: true,
        modules: modules.map((text, at) => ({
          name: `test-${at}.rego`,
          text: new TextEncoder().encode(text).toBase64(),
        })),
      },
    });
    const answer = compiled.error === undefined
      ? engine.call({
        policy: compiled["policy"],
        test: {
          query: one.query,
          inputTerm: one.input_term ?? (one.input === undefined ? "" : JSON.stringify(one.input)),
          ...one.data !== undefined && { data: one.data },
          strictErrors: one.strict_error ?? false,
          milliseconds: 60_000,
        },
      })
      : compiled;
    engine.call({ policy: compiled["policy"], release: true });
    if (/rego_type_error: undefined function/.test(answer.error ?? "")) forbidden++;
    else if (outcome(one, answer) === wanted(one)) held++;
    else wrong.push(`${one.note}: ${outcome(one, answer)} in place of ${wanted(one)}`);
  }
  console.log(`tried ${held + wrong.length}, held ${held}, forbidden ${forbidden}`);
  assert.deepEqual(wrong, []);
  assert.ok(held >= 1600, `only ${held} cases were run`);
});

function* cases(folder: string): Generator<Case> {
  const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  for (const group of names(folder)) {
    for (const name of names(`${folder}/${group}`)) {
      const { cases = [] } = parse(Deno.readTextFileSync(`${folder}/${group}/${name}`), {
        maxAliasCount: -1,
        version: "1.1",
      }) as { cases?: Case[] };
      yield* cases;
    }
  }
}

function wanted({ want_result, want_error, want_error_code, ...one }: Case): string {
  if (want_error !== undefined || want_error_code !== undefined) {
    return `error ${want_error_code ?? ""} ${want_error ?? ""}`;
  }
  return bindingsText(one, want_result ?? []);
}

function outcome(
  { want_error, want_error_code, ...one }: Case,
  { error, code, bindings }: Readonly<Record<string, unknown>>,
): string {
  if (error === undefined) return bindingsText(one, bindings as Record<string, unknown>[] ?? []);
  const shownCode = want_error_code === undefined ? "" : code;
  const holds = want_error !== undefined && String(error).includes(want_error);
  return `error ${shownCode} ${holds ? want_error : want_error === undefined ? "" : error}`;
}

/** Answers as one text: their order, and doubles, mean nothing. */
function bindingsText(one: Omit<Case, "want_result">, all: readonly Record<string, unknown>[]) {
  const texts = all.map((bindings) =>
    canonical(Object.fromEntries(
      Object.entries(bindings)
        .filter(([name]) => !(one.ignore_generated_vars && name.startsWith("__localq")))
        .map(([name, value]) => [
          name,
          one.sort_bindings && Array.isArray(value) ? value.map(canonical).sort() : value,
        ]),
    ))
  );
  return [...new Set(texts)].sort().join("; ");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`)}}`;
}
