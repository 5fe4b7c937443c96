/**
 * The WebAssembly modules of policies, and the files of other projects that they do without.
 * `scripts/policy_engine.ts` says how they are built.
 */
import { type GoModule, shipModule } from "./go_module.ts";

const policies = new URL("../../policies/", import.meta.url).pathname;
const patchKey = await Deno.readTextFile(new URL(import.meta.url));

const OPA = "github.com/open-policy-agent/opa";
/** Files of OPA that are left out: functions that buildx forbids, and old lists of functions. */
const LEFT_OUT = [
  ...["http", "http_fixup", "http_fixup_darwin", "graphql", "tokens", "crypto", "providers"],
  ...["jsonschema", "net"],
].map((name) => `v1/topdown/${name}.go`).concat("v1/util/close.go", "v1/util/read_gzip_body.go");
/** Files of OPA that import net/http for functions that a policy never uses. */
const WITHOUT_HTTP = ["internal/gojsonschema/jsonLoader.go", "v1/tracing/tracing.go"];

/** OPA's compiler and evaluator, and the code that checks PGP and ssh signatures. */
export const engine: GoModule = {
  name: "engine",
  sources: `${policies}engine/`,
  patchKey,
  async patch(vendor) {
    const opa = `${vendor}/${OPA}`;
    for (const path of LEFT_OUT) await Deno.remove(`${opa}/${path}`);
    for await (const { name } of Deno.readDir(`${opa}/capabilities`)) {
      if (name.endsWith(".json")) await Deno.remove(`${opa}/capabilities/${name}`);
    }
    await Deno.writeTextFile(`${opa}/capabilities/none.json`, "{}\n");
    await Deno.writeTextFile(
      `${opa}/v1/topdown/http.go`,
      "package topdown\n\n// CustomizeRoundTripper has no use without http.send.\n" +
        "type CustomizeRoundTripper func()\n",
    );
    for (const path of WITHOUT_HTTP) {
      const text = await Deno.readTextFile(`${opa}/${path}`);
      await Deno.writeTextFile(
        `${opa}/${path}`,
        text.replace('"net/http"', 'http "fairlead/policy/nohttp"'),
      );
    }
  },
};

/** Rekor's client for gRPC, which a verification without the network never calls. */
const REKOR_GRPC = "github.com/sigstore/rekor-tiles/v2/pkg/generated/protobuf";

/** buildx's verification of Sigstore's signatures. */
export const signatures: GoModule = {
  name: "signatures",
  sources: `${policies}signatures/`,
  shared: [`${policies}engine/boundary.go`],
  patchKey,
  async patch(vendor) {
    for await (const { name } of Deno.readDir(`${vendor}/${REKOR_GRPC}`)) {
      if (/_grpc\.pb\.go$|\.gw\.go$/.test(name)) {
        await Deno.remove(`${vendor}/${REKOR_GRPC}/${name}`);
      }
    }
    // The module has no files, and the system call behind this function doesn't exist there.
    await Deno.writeTextFile(
      `${vendor}/github.com/in-toto/in-toto-golang/in_toto/util_unix.go`,
      "package in_toto\n\nfunc isWritable(string) error { return nil }\n",
    );
    await Deno.copyFile(
      `${policies}signatures/roots/roots.go`,
      `${vendor}/github.com/moby/policy-helpers/roots/roots.go`,
    );
  },
};

export const modules: readonly GoModule[] = [engine, signatures];

/** Puts the packed modules next to a program. Throws if a module isn't the tree's. */
export async function shipModules(dist: string): Promise<void> {
  for (const module of modules) await shipModule(module, dist);
}
