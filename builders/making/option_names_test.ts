import { deepEqual } from "node:assert/strict";
import { readContainerOptions } from "../drivers/docker_container/options.ts";
import { readPodOptions } from "../drivers/kubernetes/options.ts";
import { OPTION_NAMES } from "./option_names.ts";

const page = Deno.readTextFileSync(new URL("../../docs/builders.md", import.meta.url));
const readers = { "docker-container": readContainerOptions, kubernetes: readPodOptions };

for (const [driver, read] of Object.entries(readers)) {
  Deno.test(`docs/builders.md has each option of ${driver}, with its default`, () => {
    const section = page.split(/^## /m).find((part) => part.split("\n")[0]!.endsWith(driver))!;
    const [, table = ""] = /\n\| driver option .*\n\| -.*\n((?:\|.*\n)+)/.exec(section) ?? [];
    const rows = table.trim().split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
    const found = new Map<string, string | undefined>();
    for (const [, names = "", , value = ""] of rows) {
      const fallback = /^`(.*)`$/.exec(value)?.[1];
      for (const [, name = ""] of names.matchAll(/`([^`]+)`/g)) found.set(name, fallback);
    }
    const known = OPTION_NAMES[driver as keyof typeof readers];
    deepEqual([...found.keys()].sort(), [...known].sort());
    const without = read({ driverOpts: null });
    for (const [name, fallback] of found) {
      // The container's body has this default, because it depends on the engine.
      if (fallback === undefined || name === "cgroup-parent") continue;
      deepEqual(read({ driverOpts: { [name]: fallback } }), without, `${name}=${fallback}`);
    }
  });
}
