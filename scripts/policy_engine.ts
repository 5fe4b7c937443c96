// deno-lint-ignore-file no-console
/**
 * Builds a module of policies with Go into a folder outside the checkout, and prints its path: the
 * engine (`policies/engine/`), or the verifier of signatures (`policies/signatures/`). The same
 * sources give the same bytes: the file `checksum` next to them holds their SHA-256, and `--update`
 * writes it again.
 *
 *   deno run -A scripts/policy_engine.ts [engine | signatures] [--update]
 *
 * OPA's module is used without its functions that reach the network, which a policy must not call:
 * files of the vendored copy are left out, and `policies/engine/nohttp` replaces net/http there.
 */
import { modules } from "./policy/engine.ts";
import { builtModule, checksums, updateChecksum } from "./policy/go_module.ts";

const [name = "engine"] = Deno.args.filter((arg) => arg !== "--update");
const module = modules.find((module) => module.name === name);
if (module === undefined) {
  console.error(
    `there is no module ${name}; there are ${modules.map(({ name }) => name).join(", ")}`,
  );
  Deno.exit(2);
}
const built = await builtModule(module);
const { found, wanted } = await checksums(module, built);
if (Deno.args.includes("--update")) await updateChecksum(module, found);
else if (found !== wanted) {
  console.error(`${built} has the digest ${found}, and ${module.sources}checksum says ${wanted}`);
  Deno.exit(1);
}
console.log(built);
