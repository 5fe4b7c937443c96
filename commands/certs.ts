import { defineGroup } from "../cli/command.ts";

export const command = defineGroup([
  {
    name: "check",
    summary: "Explain certificates and report problems",
    load: () => import("./certs/check.ts"),
  },
  {
    name: "create",
    summary: "Make a CA, and certificates for a daemon and a client",
    load: () => import("./certs/create.ts"),
  },
]);
