/** Why a login failed, in words. */
import type { SshAuth } from "./auth.ts";
import type { SshError } from "./ssh2.ts";
import type { SshTarget } from "./target.ts";
import { DialError } from "../errors.ts";

/** The server closed the connection. */
export class HungUp extends Error {}

export function explain(
  error: SshError,
  target: SshTarget,
  endpoint: string,
  auth: SshAuth,
): DialError {
  const fail = (problem: string, code: DialError["code"], hint: string) =>
    new DialError(problem, { endpoint, step: "authenticate", code, hint, cause: error });
  if (error.level === "client-authentication" || auth.tried.length > 0) {
    const problem = auth.problem();
    const tried = auth.tried.length === 0 ? "there is no key to try" : auth.tried.join("; ");
    return fail(
      `the server refused user ${target.user}: ${tried}`,
      "unauthenticated",
      problem?.hint ??
        "give the key that the server knows as ?identity=FILE, in ~/.ssh/config, or to the agent",
    );
  }
  // ssh2 tells which of the lists has nothing in common with the server's.
  if (/no matching/.test(error.message)) {
    return fail(
      `the server and fairlead have no algorithm in common: ${plain(error)}`,
      "unsupported",
      "see the lists in docs/transports.md, and those of this host in the configuration of ssh",
    );
  }
  // A server that restarts, or has too many logins under way (MaxStartups), hangs up on us.
  const hungUp = error instanceof HungUp || error.code === "ECONNRESET" ||
    /^Connection lost before handshake/.test(error.message);
  return new DialError(`the ssh handshake failed: ${plain(error)}`, {
    endpoint,
    step: "authenticate",
    code: "unreachable",
    hint: "check that an ssh server listens on this port",
    retryable: hungUp,
    cause: error,
  });
}

/** ssh2 puts its own name before what the server said. */
export function plain(error: Error): string {
  return error.message.replace(/^\(SSH\) (Channel open failure: )?/, "");
}
