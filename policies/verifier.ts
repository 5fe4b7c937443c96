/**
 * The session service that the daemon asks before it uses a source: `PolicyVerifier.CheckPolicy`.
 * All policies must allow; the first that denies, converts or requests metadata decides the answer.
 */
import {
  CheckPolicyResponse,
  type DecisionResponse,
  PolicyVerifierDefinition as Verifier,
} from "../proto/gen/policysession.ts";
import { messageOf } from "../proto/message_of.ts";
import { pathOf, type Service, unary } from "../buildkit/grpc/call.ts";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import type { EngineLog } from "./engine.ts";
import { type Policy, type PolicyEnv, PolicyError } from "./policy.ts";
import type { SignatureVerifier } from "./signatures.ts";
import { metaOf, metaRequest, type PolicyPlatform } from "./source_meta.ts";

interface VerifierOptions {
  readonly policies: readonly Policy[];
  readonly env: PolicyEnv;
  /** The platform of a source that comes without one. */
  readonly defaultPlatform: PolicyPlatform | undefined;
  readonly signatures: SignatureVerifier;
  readonly log: (policy: number, lines: readonly EngineLog[]) => void;
  /** Called with a denied source, which the build's error will name. */
  readonly onDeny: (identifier: string) => void;
}

const { checkPolicy } = Verifier.methods;
/** The numbers of `sourcepolicy.PolicyAction`. */
const ACTIONS = { ALLOW: 0, DENY: 1, CONVERT: 2 } as const;

export function policyVerifier(options: VerifierOptions): Service {
  return {
    [pathOf(Verifier, checkPolicy)]: unary(checkPolicy, async ({ Platform, Source: found }) => {
      if (!found?.Source) {
        throw new RpcError(Code.INVALID_ARGUMENT, "no source info in request");
      }
      const { identifier, attrs } = found.Source;
      const platform = Platform && {
        os: Platform.OS,
        architecture: Platform.Architecture,
        variant: Platform.Variant,
      };
      const lines: EngineLog[] = [];
      const signatures = await options.signatures.ofImage(
        found,
        platform ?? options.defaultPlatform,
        (line) => lines.push(line),
      );
      const meta = metaOf(found, signatures);
      for (const [at, policy] of options.policies.entries()) {
        options.log(at, lines);
        const { action, messages, update, request, logs } = await policy.check({
          source: { identifier, attrs },
          meta,
          platform,
          defaultPlatform: options.defaultPlatform,
          env: options.env,
        }).catch((error) => {
          if (!(error instanceof PolicyError)) throw error;
          options.log(at, error.logs);
          throw new RpcError(Code.UNKNOWN, error.message);
        });
        options.log(at, logs);
        if (request) {
          return answer({ $case: "request", request: metaRequest(request) });
        }
        if (action === "ALLOW") continue;
        if (action === "DENY") options.onDeny(identifier);
        return decided({
          action: ACTIONS[action ?? "DENY"],
          denyMessages: messages.map((message) => ({ message })),
          update: update && { identifier: update.identifier, attrs: { ...update.attrs } },
        });
      }
      return decided({ action: ACTIONS.ALLOW, denyMessages: [], update: undefined });
    }),
  };
}

function decided(decision: DecisionResponse): CheckPolicyResponse {
  return answer({ $case: "decision", decision });
}

function answer(result: CheckPolicyResponse["result"]): CheckPolicyResponse {
  return messageOf(CheckPolicyResponse, { result });
}
