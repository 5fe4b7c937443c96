/**
 * Health: the daemon asks `Check` every 5 s whether the session is alive, and ends it after two
 * failures. Any answer with status OK counts.
 */
import { abortable } from "../../base/async.ts";
import {
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
  HealthDefinition as Health,
} from "../../proto/gen/health.ts";
import { pathOf, type Service, unary } from "../grpc/call.ts";

const { check, watch } = Health.methods;

/** Answers SERVING for every service name: a session is alive as a whole or not at all. */
export const health: Service = {
  [pathOf(Health, check)]: unary(check, () => ({ status: Status.SERVING })),
  /**
   * The state now, then each change of it. There are no changes: the call stays until it is cut.
   */
  [pathOf(Health, watch)]: async (call) => {
    call.send(HealthCheckResponse.encode({ status: Status.SERVING }).finish());
    await call.receive(() => {});
    await abortable(new Promise<never>(() => {}), call.signal);
  },
};
