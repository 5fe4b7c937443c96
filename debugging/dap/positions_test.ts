import assert from "node:assert/strict";
import { type Positions, positionsOf } from "./positions.ts";

const source = { name: "Dockerfile", path: "/ctx/Dockerfile" };

/** Lines and columns of a breakpoint and of a frame, both in lines 3 to 4 of the file. */
function shown(positions: Positions): unknown[] {
  const range = { start: { line: 3, character: 0 }, end: { line: 4, character: 5 } };
  const op = { inputs: [], exec: undefined, platform: undefined };
  const frame = { id: 1, name: "RUN", file: 0, range, op, step: undefined };
  const own = { id: 7, verified: true, line: 3, endLine: 4, source };
  return [positions.breakpoint(own), positions.stackFrame(frame, source)];
}

Deno.test("lines and columns begin where the client begins to count", () => {
  const table: [Record<string, unknown>, unknown[]][] = [
    [{}, [3, 4, 1]],
    [{ linesStartAt1: true, columnsStartAt1: true }, [3, 4, 1]],
    [{ linesStartAt1: false }, [2, 3, 1]],
    [{ columnsStartAt1: false }, [3, 4, 0]],
  ];
  for (const [args, [line, endLine, column]] of table) {
    assert.deepEqual(shown(positionsOf(args)), [
      { id: 7, verified: true, line, endLine, source },
      { id: 1, name: "RUN", source, line, column, endLine },
    ]);
    assert.equal(positionsOf(args).lineOf(line), 3);
  }
});

Deno.test("a value that is no line, and a frame without a place, stay 0", () => {
  const positions = positionsOf({ linesStartAt1: false, columnsStartAt1: false });
  for (const value of [undefined, null, "3", 1.5, NaN]) assert.equal(positions.lineOf(value), 0);
  const op = { inputs: [], exec: undefined, platform: undefined };
  const frame = { id: 1, name: "", file: undefined, range: undefined, op, step: undefined };
  const none = { id: 1, name: "", line: 0, column: 0 };
  assert.deepEqual(positions.stackFrame(frame, undefined), none);
});
