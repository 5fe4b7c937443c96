import { defineGroup } from "../cli/command.ts";

export const command = defineGroup([
  {
    name: "check",
    summary: "Explain certificates and report what is wrong with them",
    load: () => import("./certs/check.ts"),
  },
  {
    name: "create",
    summary: "Make a CA, and certificates for a daemon and a client",
    load: () => import("./certs/create.ts"),
  },
]);
