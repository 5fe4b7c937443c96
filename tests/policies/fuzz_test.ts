// deno-lint-ignore-file no-console
/**
 * The boundary of both modules, fed with requests that are changed at random. The host never fails,
 * and a changed request never allows or verifies what the whole one doesn't.
 */
import assert from "node:assert/strict";
import { startEngine } from "../../policies/engine.ts";
import { pick, type Random, seeded } from "../harness/random.ts";
import { engineModule } from "./engine_module.ts";
import { signedImage } from "./sigstore/image.ts";
import { dockerBuilder, signedBundle, statement } from "./sigstore/instance.ts";
import { imageRequest, startVerifier, verifyArtifact } from "./sigstore/verifier.ts";

const seed = Number(Deno.env.get("FAIRLEAD_TEST_SEED") ?? 7);
const rounds = Number(Deno.env.get("FAIRLEAD_TEST_ROUNDS") ?? 1);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const ODD: readonly Json[] = [
  ...[null, true, false, 0, -1, 1e308, 2 ** 53, 0.5, [], {}, [[]], { a: null }],
  ...["", "x", "\u0000", "\ud800", "a".repeat(70_000), "://", "docker-image://", "AA==", "!"],
  `sha256:${"0".repeat(64)}`,
];

/** A copy with one to three changes: a value replaced, removed, added or moved. */
function mutated(value: Json, random: Random): Json {
  const copy = structuredClone(value);
  for (let change = 0; change < 1 + random() * 3; change++) {
    const places: [holder: Record<string, Json> | Json[], key: string][] = [];
    const walk = (at: Json) => {
      if (typeof at !== "object" || at === null) return;
      for (const key of Object.keys(at)) {
        places.push([at as Record<string, Json>, key]);
        walk((at as Record<string, Json>)[key]!);
      }
    };
    walk(copy);
    if (places.length === 0) break;
    const [holder, key] = pick(random, places);
    const record = holder as Record<string, Json>;
    const kind = random();
    if (kind < 0.2) delete record[key];
    else if (kind < 0.5) record[key] = structuredClone(pick(random, ODD));
    else if (kind < 0.6) record[`${key}x`] = record[key]!;
    else if (kind < 0.7) record[key] = structuredClone(pick(random, places)[0] as Json);
    else record[key] = changedText(record[key]!, random);
  }
  return copy;
}

function changedText(value: Json, random: Random): Json {
  if (typeof value !== "string" || value === "") return [value];
  const at = Math.floor(random() * value.length);
  const other = String.fromCharCode(33 + Math.floor(random() * 94));
  return value.slice(0, at) + other + value.slice(at + (random() < 0.5 ? 1 : 0));
}

Deno.test("the engine answers every request, and never allows by mistake", async () => {
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  const engine = await startEngine(await Deno.readFile(await engineModule()));
  const compile = (text: string): Json => ({
    compile: {
      modules: [{ name: "p.rego", text: new TextEncoder().encode(text).toBase64() }],
      imports: {},
      hasFiles: true,
      print: true,
    },
  });
  const never = compile(
    'package docker\n\nallow if { input.image.labels.x; input.image.repo == "never" }\n\n' +
      'decision := {"allow": false, "deny_msg": [sprintf("%v", [input])], "x": load_json("a.json")}\n',
  ) as Record<string, Json>;
  const { policy } = engine.call(never) as { policy: number };
  const digest = `sha256:${"1".repeat(64)}`;
  const check = (identifier: string, meta: Json): Json => ({
    policy,
    check: {
      source: { identifier, attrs: { a: "b" } },
      meta,
      platform: { os: "linux", architecture: "amd64", variant: "" },
      env: { args: { A: "1" }, filename: "Dockerfile" },
      files: { "a.json": btoa("{}") },
      materials: {},
      attestations: {},
      milliseconds: 2000,
    },
  });
  const provenance = {
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "x",
        resolvedDependencies: [{ uri: "pkg:docker/alpine@3", digest: { sha256: "1".repeat(64) } }],
      },
      runDetails: { builder: { id: "y" }, metadata: { startedOn: "2026-01-01T00:00:00Z" } },
    },
  };
  const requests: Json[] = [
    check("docker-image://docker.io/library/busybox:1", {
      image: {
        digest,
        config: btoa(JSON.stringify({ config: { Labels: { x: "y" }, Volumes: { "/v": {} } } })),
        chain: {
          attestationManifest: digest,
          blobs: [{
            annotations: { "in-toto.io/predicate-type": provenance.predicateType },
            data: btoa(JSON.stringify(provenance)),
          }],
        },
        signatures: [{ kind: "untrusted", timestamps: [] }],
      },
    }),
    check("git://x.test/a.git#refs/tags/v1:sub", {
      git: { checksum: "1".repeat(40), ref: "refs/tags/v1", commitObject: btoa("tree x\n\nm") },
    }),
    check("https://x.test/a?b=c", { http: { checksum: digest, checksumResponse: { digest } } }),
    check("local://context", null),
    never,
    {
      policy,
      test: { decider: policy, modules: ["p.rego"], tests: [], run: "", milliseconds: 2000 },
    },
  ];
  for (let round = 0; round < 600 * rounds; round++) {
    const request = mutated(requests[round % requests.length]!, random) as Record<string, Json>;
    const answer = engine.call(request);
    const what = `seed ${seed}, round ${round}: ${JSON.stringify(request).slice(0, 2000)}`;
    assert.equal(typeof answer, "object", what);
    assert.ok(!/the policy engine failed/.test(answer.error ?? ""), `${what}\n${answer.error}`);
    const { action } = answer as { action?: string };
    // A changed module may decide otherwise; a changed question to the compiled one may not.
    if (request["policy"] === policy) assert.ok(action === undefined || action === "DENY", what);
  }
});

Deno.test("the verifier answers every request, and verifies only what is signed", async () => {
  const random = seeded(seed);
  const verifier = await startVerifier();
  const checksum = `sha256:${"1".repeat(64)}`;
  const identity = dockerBuilder("a/b");
  const bytes = await signedBundle(verifier.instance, statement(checksum), { identity });
  const bundle = JSON.parse(new TextDecoder().decode(bytes));
  const verify = (value: Json) =>
    verifyArtifact(verifier, checksum, new TextEncoder().encode(JSON.stringify(value)));
  const whole = verify(bundle);
  assert.equal(whole.error, undefined);
  let refused = 0;
  for (let round = 0; round < 120 * rounds; round++) {
    const changed = mutated(bundle, random);
    const { error, signature } = verify(changed);
    if (error !== undefined) refused++;
    // A change that nothing reads is harmless; the signature is the same then.
    else assert.deepEqual(signature, whole.signature, `seed ${seed}, round ${round}`);
  }
  assert.ok(refused > 50 * rounds, `${refused} refused`);
  const request = imageRequest(verifier, await signedImage(verifier.instance, { identity }));
  const call = (value: Json) => verifier.module.call(value as Record<string, Json>);
  const full = call(request);
  assert.equal(full.error, undefined);
  for (let round = 0; round < 120 * rounds; round++) {
    const { error, signature } = call(mutated(request, random));
    assert.ok(!/the policy engine failed/.test(error ?? ""), error ?? "");
    if (signature !== undefined) {
      assert.deepEqual(signature, full["signature"], `seed ${seed}, image ${round}`);
    }
  }
});
