/** Policies that don't end, or that need too much: each is stopped with one message. */
import assert from "node:assert/strict";
import { startEngine } from "../../policies/engine.ts";
import { compilePolicy, type PolicyHost } from "../../policies/policy.ts";
import { ignore } from "../operate/images.ts";
import { engineModule } from "./engine_module.ts";

/** Strings that double thirty times: 16 GiB. */
const doubled = Array.from({ length: 30 }, (_, i) => `x${i + 1} := concat("", [x${i}, x${i}])`);
/** Which of the two comes first depends on the machine. */
const STOPPED = new RegExp(
  "^the policy (was stopped: it ran longer than its time limit|needs more than 512 MiB of memory)$",
);
const cases: [name: string, rules: string, message: RegExp][] = [
  [
    "nested loops",
    "allow if count([1 | some i in numbers.range(1, 9999); some j in numbers.range(1, 9999); " +
    "some k in numbers.range(1, 9999); i + j + k == 0]) > 0",
    STOPPED,
  ],
  [
    "loops inside of one function",
    "allow if count(strings.render_template(" +
    '"{{range .x}}{{range $.x}}{{range $.x}}{{.}}{{end}}{{end}}{{end}}", ' +
    '{"x": numbers.range(1, 2000)})) > 0',
    STOPPED,
  ],
  [
    "strings that double",
    `x0 := "aaaaaaaaaaaaaaaa"\n${doubled.join("\n")}\nallow if count(x30) > 0`,
    STOPPED,
  ],
  [
    "a term in very many brackets",
    `allow if { x := ${"[".repeat(20_000)}${"]".repeat(20_000)}; x }`,
    /^the policy is nested too deeply$/,
  ],
];

Deno.test({ name: "a policy that would never end is stopped", ignore }, async (t) => {
  const bytes = await Deno.readFile(await engineModule());
  const host: PolicyHost = {
    material: () => Promise.resolve({}),
    attestation: () => Promise.resolve(null),
  };
  for (const [name, rules, message] of cases) {
    await t.step(name, async () => {
      const engine = await startEngine(bytes, 4000);
      const text = `package docker\n\ndecision := {"allow": allow}\n\n${rules}\n`;
      await assert.rejects(async () => {
        using policy = await compilePolicy(engine, [{ name: "p.rego", text }], host, {
          print: false,
        });
        const source = { identifier: "local://context" };
        // The engine's own limit comes first, where it can.
        await policy.ask({ check: { source, env: {} } });
      }, { message });
    });
  }
});
