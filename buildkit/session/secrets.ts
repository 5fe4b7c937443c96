/**
 * Secrets: a RUN step with `--mount=type=secret,id=X` makes the daemon request X, once a step. The
 * answer to an unknown id is NotFound, which a step with `required=false` accepts.
 */
import { SecretsDefinition as Secrets } from "../../proto/gen/secrets.ts";
import { pathOf, type Service, unary } from "../grpc/call.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { MAX_SECRET_SIZE, type SecretSource } from "./secret_source.ts";

const { getSecret } = Secrets.methods;

/** Serves the secrets of a source. */
export function secrets(source: SecretSource): Service {
  return {
    [pathOf(Secrets, getSecret)]: unary(getSecret, async ({ ID: id }) => {
      const data = await source(id);
      if (data === undefined) {
        throw new RpcError(
          Code.NOT_FOUND,
          `secret ${JSON.stringify(id)} was not given to this build: not found`,
        );
      }
      if (data.length > MAX_SECRET_SIZE) {
        throw new RpcError(Code.INVALID_ARGUMENT, tooBig(id, data.length));
      }
      return { data };
    }),
  };
}

function tooBig(id: string, size: number): string {
  return `cannot send secret ${
    JSON.stringify(id)
  }: ${size} bytes, and ${MAX_SECRET_SIZE} is the most`;
}
