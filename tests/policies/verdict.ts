/** The words of a build about its policies, in a form that can be compared between two programs. */
import type { Ran } from "../harness/run.ts";

export interface Verdict {
  readonly code: number;
  /** The decisions of policies, each once: a source is asked about several times. */
  readonly decisions: readonly string[];
  /** Input documents of policies whose log level is debug. */
  readonly inputs: readonly string[];
  readonly messages: readonly string[];
  readonly error: string;
}

const DECISION =
  /^(policy decision .*|checking policy .*|unknowns for .*|collected unknowns.*|policy enabled .*| - .*|\S+\.rego:\d+: .*)$/;

export function verdictOf({ code, stderr }: Ran): Verdict {
  const lines = stderr.split("\n");
  const logged = lines.flatMap((line) => /^#\d+ (?:\d+\.\d+ )?(.*)$/.exec(line)?.[1] ?? []);
  return {
    code,
    decisions: unique(logged.filter((line) => DECISION.test(line)).map(sorted)),
    inputs: unique(documents(logged)),
    messages: unique(lines.filter((line) => line.startsWith("Policy: "))),
    error: (lines.findLast((line) => line.startsWith("ERROR: ")) ?? "")
      // Which of several sources is refused first is up to the daemon.
      .replace(/"(local|docker-image|git|https?):\/\/[^"]*"/, "A SOURCE")
      .replace(/^(ERROR: .*?failed to solve: ).*error evaluating/, "$1error evaluating")
      .replace(/^(ERROR: .*?failed to solve: ).*policy/, "$1policy"),
  };
}

/**
 * Whether two programs said the same. The daemon asks about several sources at once, so a refusal
 * may come before the questions about others: one program may lack what the other logged about
 * these.
 */
export function agrees(a: Verdict, b: Verdict): boolean {
  const same = (key: keyof Verdict) => JSON.stringify(a[key]) === JSON.stringify(b[key]);
  if (!same("code") || !same("messages") || !same("error")) return false;
  const within = (key: "decisions" | "inputs") =>
    a[key].every((one) => b[key].includes(one)) || b[key].every((one) => a[key].includes(one));
  const isRefused = a.error.endsWith("action DENY");
  return isRefused ? within("decisions") && within("inputs") : same("decisions") && same("inputs");
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)].sort();
}

/** Fields in an order of their own: partial evaluation names them in any. */
function sorted(line: string): string {
  return line.replace(/\[([^\]]*)\]$/, (_, fields) => `[${fields.split(" ").sort().join(" ")}]`);
}

/** The documents after `policy input:`, a line each; buildx has volumes in random order. */
function documents(logged: readonly string[]): string[] {
  const found: string[] = [];
  for (const [at, line] of logged.entries()) {
    if (!line.startsWith("policy input: {")) continue;
    const end = logged.indexOf("}", at);
    const text = ["{", ...logged.slice(at + 1, end + 1)].join("\n");
    found.push(JSON.stringify(JSON.parse(text), (_, value) => ordered(value)));
  }
  return found;
}

function ordered(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}

/** Whether the peer ended because OPA, to which partial evaluation brings `every`, panics. */
export function panicsOnEvery({ stderr }: Ran): boolean {
  return stderr.includes("interface conversion: interface {} is *ast.Every");
}
