import { defineGroup } from "../cli/command.ts";

export const command = defineGroup([
  {
    name: "eval",
    summary: "Evaluate policy for a source",
    load: () => import("./policy/eval.ts"),
  },
  {
    name: "test",
    summary: "Run policy tests",
    load: () => import("./policy/test.ts"),
  },
  {
    name: "trust",
    summary: "Show or fetch the keys that signatures are verified with",
    load: () => import("./policy/trust.ts"),
  },
]);
