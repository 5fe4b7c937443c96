/** Describes why a login failed. */
import type { SshAuth } from "./auth.ts";
import type { SshError } from "./ssh2.ts";
import type { SshTarget } from "./target.ts";
import { DialError } from "../errors.ts";

/** The server closed the connection. */
export class HungUp extends Error {}

/** The facts about a failed login. */
interface Failed {
  readonly target: SshTarget;
  readonly endpoint: string;
  readonly auth: SshAuth;
  /** The server's lists of algorithms, by ssh2's names for these lists. */
  readonly offers: ReadonlyMap<string, string>;
}

export function explain(error: SshError, { target, endpoint, auth, offers }: Failed): DialError {
  const fail = (problem: string, code: DialError["code"], hint: string) =>
    new DialError(problem, { endpoint, step: "authenticate", code, hint, cause: error });
  const answer = auth.answer();
  const wanted = brief(answer?.methods.join(", ") ?? "") || "nothing more";
  if (answer?.partial) {
    return fail(
      `the server accepted a key of user ${target.user}, but also asks for ${wanted}`,
      "unauthenticated",
      "fairlead logs in with keys only: supply every key that the server asks for, or let one key be enough",
    );
  }
  if (answer !== undefined && !answer.methods.includes("publickey")) {
    return fail(
      `the server accepts no keys from user ${target.user}: it asks for ${wanted}`,
      "unauthenticated",
      "fairlead logs in with keys only: let the server accept them (PubkeyAuthentication)",
    );
  }
  if (error.level === "client-authentication" || auth.tried.length > 0) {
    const problem = auth.problem();
    const looked = target.identities.length === 0
      ? ""
      : `, none of ${target.identities.join(", ")} is there`;
    const tried = auth.tried.length === 0
      ? `there is no key to try${looked}`
      : auth.tried.join("; ");
    const enough = /too many authentication failures/i.test(error.message)
      ? " (and accepts no more attempts: IdentitiesOnly yes in ~/.ssh/config leaves out the agent's other keys)"
      : "";
    return fail(
      `the server refused user ${target.user}: ${tried}${enough}`,
      "unauthenticated",
      problem?.hint ??
        "give the key that the server knows as ?identity=FILE, in ~/.ssh/config, or to the agent",
    );
  }
  // ssh2's message names the list that has nothing in common with the server's.
  const [, what] = /no matching (.*)/.exec(error.message) ?? [];
  if (what !== undefined) {
    const offered = offers.get(what === "key exchange algorithm" ? "KEX method" : what)
      ?.split(",").filter((name) => !/^(?:ext-info|kex-strict)-/.test(name)).join(", ");
    return fail(
      `the server and fairlead have no ${what} in common` +
        (offered === undefined ? "" : `: the server offers ${brief(offered)}`),
      "unsupported",
      "let the server also offer one of the algorithms in docs/transports.md, and check that " +
        "~/.ssh/config does not exclude them",
    );
  }
  // A server hangs up while it restarts, or while too many logins are under way (MaxStartups).
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

/** Shortens the server's message: without ssh2's prefix, and to a readable length. */
export function plain(error: Error): string {
  // ssh2 throws these errors for an impossible length.
  if (error instanceof RangeError || error instanceof TypeError) return "it broke the protocol";
  return brief(error.message.replace(/^\(SSH\) (Channel open failure: )?/, "")) ||
    "it gave no reason";
}

function brief(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
