import type { CommandEntry } from "../cli/command.ts";

/** Every command. `load` names its file, so that only the chosen one is loaded. */
export const commands: readonly CommandEntry[] = [
  {
    name: "bake",
    aliases: ["f"],
    summary: "Build from a file",
    load: () => import("./bake.ts"),
  },
  {
    name: "build",
    aliases: ["b"],
    summary: "Start a build",
    load: () => import("./build.ts"),
  },
  {
    // As docker calls a plugin: `docker buildx ls` is `docker-buildx buildx ls`.
    name: "buildx",
    summary: "The commands, as docker's plugin",
    hidden: true,
    load: () => Promise.resolve({ command: { commands } }),
  },
  {
    name: "certs",
    summary: "Make and check certificates for a daemon and its clients",
    isGroup: true,
    load: () => import("./certs.ts"),
  },
  {
    name: "__complete",
    summary: "List candidates for the word at the cursor",
    hidden: true,
    load: () => import("./complete.ts"),
  },
  {
    name: "completion",
    summary: "Print a shell's completion script",
    load: () => import("./completion.ts"),
  },
  {
    name: "create",
    summary: "Create a new builder instance",
    load: () => import("./create.ts"),
  },
  {
    name: "dial-stdio",
    summary: "Proxy current stdio streams to builder instance",
    load: () => import("./dial_stdio.ts"),
  },
  {
    name: "doctor",
    summary: "Check a connection to a daemon step by step",
    load: () => import("./doctor.ts"),
  },
  {
    name: "docker-cli-plugin-metadata",
    summary: "Answer docker's request for a plugin's metadata",
    hidden: true,
    load: () => import("./docker_cli_plugin_metadata.ts"),
  },
  { name: "du", summary: "Disk usage", load: () => import("./du.ts") },
  {
    name: "history",
    summary: "Commands to work on build records",
    isGroup: true,
    load: () => import("./history.ts"),
  },
  {
    name: "imagetools",
    summary: "Commands to work on images in registry",
    isGroup: true,
    load: () => import("./imagetools.ts"),
  },
  {
    name: "inspect",
    summary: "Inspect current builder instance",
    load: () => import("./inspect.ts"),
  },
  {
    name: "install",
    summary: "Make fairlead a command of docker",
    load: () => import("./install.ts"),
  },
  { name: "ls", summary: "List builder instances", load: () => import("./ls.ts") },
  {
    name: "policy",
    summary: "Commands for working with build policies",
    isGroup: true,
    load: () => import("./policy.ts"),
  },
  {
    name: "proxy",
    summary: "Offer a daemon as a local socket to other BuildKit clients",
    load: () => import("./proxy.ts"),
  },
  { name: "prune", summary: "Remove build cache", load: () => import("./prune.ts") },
  {
    name: "rm",
    summary: "Remove one or more builder instances",
    load: () => import("./rm.ts"),
  },
  { name: "stop", summary: "Stop builder instance", load: () => import("./stop.ts") },
  {
    name: "transports",
    summary: "List and test transports",
    isGroup: true,
    load: () => import("./transports.ts"),
  },
  {
    name: "uninstall",
    summary: "Undo 'fairlead install'",
    load: () => import("./uninstall.ts"),
  },
  {
    name: "use",
    summary: "Set the current builder instance",
    load: () => import("./use.ts"),
  },
  {
    name: "version",
    summary: "Show fairlead version information",
    load: () => import("./version.ts"),
  },
];
