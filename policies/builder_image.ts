/** The default policy's verdict on an image of BuildKit that a builder is about to be made of. */
import { connect } from "../buildkit/connect.ts";
import { parseReference } from "../buildkit/registry/reference.ts";
import { auth } from "../buildkit/session/auth.ts";
import { health } from "../buildkit/session/health.ts";
import type { BuilderImage } from "../builders/making/maker.ts";
import { logins } from "../cli/builders/logins.ts";
import type { Deps } from "../cli/deps.ts";
import { warnOnce } from "../cli/warn.ts";
import { DEFAULT_POLICY, DEFAULT_POLICY_NAME } from "./default_policy.ts";
import { policyModule } from "./engine_module.ts";
import { compilePolicy } from "./policy.ts";
import { signatureVerifier } from "./signatures.ts";
import { type Meta, metaOf } from "./source_meta.ts";
import { sourceResolver } from "./source_resolver.ts";

/** The largest number of requests for metadata, as in buildx. */
const MOST_ROUNDS = 10;

/**
 * Resolves to the image's digest. Rejects with the policy's words, or with the reason why it can't
 * judge.
 */
export async function verifyBuilderImage(
  { reference, platform, endpoint }: BuilderImage,
  { env, registry, signal, stderr }: Pick<Deps, "env" | "registry" | "signal" | "stderr">,
  note: (line: string) => void,
): Promise<string> {
  const warn = warnOnce({ stderr, env }, note);
  await using open = new AsyncDisposableStack();
  const client = await connect({
    registry,
    endpoint,
    tls: {},
    context: { env, signal, warn, log: () => {}, step: () => {} },
  });
  open.defer(() => client.close());
  const login = auth({
    credentials: logins({ env, signal }, warn),
    note: () => {},
    authority: undefined,
  });
  const resolver = open.use(
    sourceResolver(client, { services: [health, login], onStatus: () => {}, signal }),
  );
  const loading = { env, note, signal };
  const verifier = signatureVerifier(loading, warn);
  const engine = await policyModule("engine", loading);
  const modules = [{ name: DEFAULT_POLICY_NAME, text: DEFAULT_POLICY }];
  // The policy reads no files, and knows no dependencies.
  const host = { material: () => Promise.resolve({}), attestation: () => Promise.resolve(null) };
  using policy = await compilePolicy(engine, modules, host, { print: false });
  const source = { identifier: `docker-image://${reference}` };
  let meta: Meta | undefined;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { action, messages, request } = await policy.check({ source, meta, platform, env: {} });
    if (request === undefined) {
      if (action !== "DENY") return meta?.image?.digest ?? parseReference(reference).digest;
      const reasons = messages.filter((message) => message !== "");
      throw new Error(
        reasons.length > 0 ? reasons.join("; ") : `image ${reference} is not allowed by policy`,
      );
    }
    const found = await resolver.resolve({ ...request, platform });
    if (request.image?.attestationChain && !found.Image?.AttestationChain) {
      throw new Error(
        `no signature metadata available for ${reference}: image is not signed or the daemon does ` +
          "not support resolving it",
      );
    }
    meta = metaOf(found, await verifier.ofImage(found, platform, () => {})) ?? {};
  }
  throw new Error("maximum attempts reached for resolving image metadata");
}
