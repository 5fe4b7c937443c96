import assert from "node:assert/strict";
import { noEngine } from "./refusal.ts";
import { DialError, type DialErrorCode } from "../errors.ts";

/** Errors of the connection to an engine, and the hints for the endpoint's user. */
const cases: readonly (readonly [DialErrorCode, string, string, RegExp])[] = [
  ["denied", "permission denied", "see ls -l", /^run as a user who may use the engine: a member/],
  ["not-found", "no such socket", "is it there?", /^start docker$/],
  ["unreachable", "connection refused", "is it there?", /^start docker$/],
  ["unauthenticated", "it demands a certificate", "give cert and key", /^give cert and key$/],
];
for (const [code, problem, hint, expected] of cases) {
  Deno.test(`an engine that can't be reached: ${code}`, () => {
    const cause = new DialError(problem, { endpoint: "unix:///s", step: "connect", code, hint });
    const error = noEngine(cause, { endpoint: "docker://", engineHint: "start docker" });
    assert.equal(error.message, `cannot reach docker://: no engine at unix:///s: ${problem}`);
    assert.match(error.hint!, expected);
    assert.equal(error.code, code);
    assert.equal(error.cause, cause);
  });
}
