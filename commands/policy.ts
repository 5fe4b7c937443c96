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
]);
