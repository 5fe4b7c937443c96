import { equal } from "node:assert/strict";
import { paint, readColors } from "./colors.ts";

const read = (env: Record<string, string>) => readColors((name) => env[name]);

Deno.test("readColors() has defaults, takes names and RGB, and is off with NO_COLOR", () => {
  equal(read({}).colors.run, "\x1b[34m");
  equal(read({ NO_COLOR: "1", BUILDKIT_COLORS: "run=green" }).colors.run, "");
  equal(read({ NO_COLOR: "" }).colors.run, "\x1b[34m");
  const { colors, problems } = read({
    BUILDKIT_COLORS: "run=green:Error=Light-Red:cancel=0,255,43:warning=default",
  });
  equal(colors.run, "\x1b[32m");
  equal(colors.error, "\x1b[91m");
  equal(colors.cancel, `\x1b[38;5;${16 + 5 * 6 + 1}m`);
  equal(colors.warning, "\x1b[39m");
  equal(problems.length, 0);
});

Deno.test("readColors() reports each part that it can't read, and keeps the rest", () => {
  const { colors, problems } = read({
    BUILDKIT_COLORS: "run=pink:walk=blue:error=1,2:cancel=300,0,0:x:warning=red=blue:error=cyan",
  });
  equal(problems.length, 6);
  equal(colors.run, "\x1b[34m");
  equal(colors.error, "\x1b[36m");
});

Deno.test("paint() adds nothing where there is no colour", () => {
  equal(paint("x", ""), "x");
  equal(paint("x", "\x1b[31m"), "\x1b[31mx\x1b[0m");
});
