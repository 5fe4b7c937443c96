// deno-lint-ignore-file no-console
/**
 * Builds the policy engine (`policies/engine/`) with Go into a folder outside the checkout, and prints
 * the path of its module. The same sources give the same bytes: `policies/engine/checksum` holds their
 * SHA-256, and `--update` writes it again.
 *
 *   deno run -A scripts/policy_engine.ts [--update]
 *
 * OPA's module is used without its functions that reach the network, which a policy must not call:
 * files of the vendored copy are left out, and `policies/engine/nohttp` replaces net/http there.
 */
import { checksums, engineModule, updateChecksum } from "./policy/engine.ts";

const module = await engineModule();
const { found, wanted } = await checksums(module);
if (Deno.args.includes("--update")) await updateChecksum(found);
else if (found !== wanted) {
  console.error(`${module} has the digest ${found}, and policies/engine/checksum says ${wanted}`);
  Deno.exit(1);
}
console.log(module);
