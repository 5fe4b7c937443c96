import { type Endpoint, type EndpointRules, splitEndpoint } from "../endpoint.ts";
import { EndpointError } from "../errors.ts";

/** The container's name in examples: the one that BuildKit's own documentation uses. */
export const CONTAINER = "buildkitd";

/** What runs in a container, or at the end of ssh: BuildKit's own relay from stdio to its socket. */
export const DIAL_STDIO: readonly string[] = ["buildctl", "dial-stdio"];

/** What engines take as a name; an id is one, too. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Takes an endpoint apart whose address is a container's name. Throws `EndpointError`. */
export function parseContainer(
  endpoint: string,
  rules: EndpointRules,
): Endpoint & { readonly container: string } {
  const parts = splitEndpoint(endpoint, rules);
  const { address, redacted } = parts;
  const fail = (problem: string): never => {
    throw new EndpointError(redacted, problem, `write it as ${rules.example}`);
  };
  if (address === "") fail("it has no container name");
  if (!NAME.test(address)) {
    fail(
      address.includes("/")
        ? "it has a path"
        : address.includes("@")
        ? "a user name means nothing here"
        : `${JSON.stringify(address)} is not a container's name`,
    );
  }
  return { ...parts, container: address };
}
