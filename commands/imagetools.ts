import { defineGroup } from "../cli/command.ts";

export const command = defineGroup([
  {
    name: "create",
    summary: "Create a new image based on source images",
    load: () => import("./imagetools/create.ts"),
  },
  {
    name: "inspect",
    summary: "Show details of an image in the registry",
    load: () => import("./imagetools/inspect.ts"),
  },
]);
