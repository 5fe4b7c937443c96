import assert from "node:assert/strict";
import { EndpointError } from "../../transports/errors.ts";
import { says, SECRET } from "./says.ts";
import type { Transport } from "../../transports/transport.ts";

/** Endpoints, and a transport's result for each. */
export interface EndpointTable<Spec> {
  /** The endpoint as typed, and its spec. */
  readonly good: readonly (readonly [string, Spec])[];
  /** The endpoint as typed, and the text of its error; the hint counts as part of it. */
  readonly bad: readonly (readonly [string, RegExp])[];
}

/** Registers the tests of a transport's table. */
export function checkEndpoints<Spec>(
  transport: Transport<Spec>,
  { good, bad }: EndpointTable<Spec>,
): void {
  for (const [endpoint, spec] of good) {
    Deno.test(`${transport.scheme}: ${JSON.stringify(endpoint)} is right`, () => {
      assert.deepEqual(transport.parse(endpoint), spec);
      const described = transport.describe(spec);
      assert(!described.includes(SECRET), described);
      assert.deepEqual(transport.parse(described), spec, "parse(describe(spec))");
      assert.equal(transport.describe(transport.parse(described)), described);
    });
  }
  for (const [endpoint, expected] of bad) {
    Deno.test(`${transport.scheme}: ${JSON.stringify(endpoint)} is wrong`, () => {
      const parse = () => transport.parse(endpoint);
      assert.throws(parse, says(EndpointError, expected));
      assert.throws(parse, says(EndpointError, /[^.]$/), "no full stop");
    });
  }
  Deno.test(`${transport.scheme}: its own example is right`, () => {
    assert.doesNotThrow(() => transport.parse(transport.example));
    assert.equal(transport.example.split("://")[0], transport.scheme);
  });
}
