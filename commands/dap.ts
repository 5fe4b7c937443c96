import { defineGroup } from "../cli/command.ts";

export const command = defineGroup([
  {
    name: "attach",
    summary: "Attach to a container created by the dap evaluate request",
    hidden: true,
    load: () => import("./dap/attach.ts"),
  },
  { name: "build", summary: "Start a build", load: () => import("./dap/build.ts") },
]);
