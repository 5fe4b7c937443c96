/** Bundles the program into dist/, or into the named folder; `scripts/bundle/` has the parts. */
import { bundleFolder } from "./bundle/program.ts";
import { shipModules } from "./policy/engine.ts";

const dist = Deno.args[0] ?? new URL("../dist", import.meta.url).pathname;
await bundleFolder(dist);
await shipModules(dist);
