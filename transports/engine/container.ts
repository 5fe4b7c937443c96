import type { EngineExec } from "./exec.ts";
import { type Endpoint, type EndpointRules, splitEndpoint } from "../endpoint.ts";
import type { Connection, DialContext } from "../transport.ts";

/** The container's name in examples: the one that BuildKit's own documentation uses. */
export const CONTAINER = "buildkitd";

/** BuildKit's own relay from stdio to its socket, which is run in a container or over ssh. */
export const DIAL_STDIO: readonly string[] = ["buildctl", "dial-stdio"];

/** The names of containers that engines accept; an id matches, too. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Splits an endpoint whose address is a container's name. Throws `EndpointError`. */
export function parseContainer(
  endpoint: string,
  rules: EndpointRules,
): Endpoint & { readonly container: string } {
  const parts = splitEndpoint(endpoint, rules);
  const { address, fail } = parts;
  if (address === "") fail("it has no container name");
  if (!NAME.test(address)) {
    fail(
      address.includes("/")
        ? "it has a path"
        : address.includes("@")
        ? "a user name is not allowed here"
        : `${JSON.stringify(address)} is not a container's name`,
    );
  }
  return { ...parts, container: address };
}

/** Runs buildctl's relay in a container. Throws `DialError`, or the signal's reason. */
export async function dialContainer(
  exec: Omit<EngineExec, "command">,
  context: DialContext,
): Promise<Connection> {
  const { execInContainer } = await import("./exec.ts");
  const { container, engine } = exec;
  return {
    stream: await execInContainer({ ...exec, command: DIAL_STDIO }, context),
    authority: container,
    peer: `container ${container} at ${engine.host}`,
    secure: false,
  };
}
