/** A login for a registry, for pushes and pulls by an engine. */
interface RegistryLogin {
  /** The user's name; empty when `secret` is an identity token. */
  readonly username: string;
  readonly secret: string;
  readonly registryToken?: string;
}

/**
 * The header with the login for a pull or push by an engine: base64url of JSON. An engine refuses a
 * push without the header, so `{}` stands for no login.
 */
export function registryAuth(
  host: string,
  login: RegistryLogin | undefined,
): Readonly<Record<string, string>> {
  const fields = login === undefined
    ? {}
    : login.registryToken !== undefined
    ? { registrytoken: login.registryToken, serveraddress: host }
    : login.username === ""
    ? { identitytoken: login.secret, serveraddress: host }
    : { username: login.username, password: login.secret, serveraddress: host };
  const bytes = new TextEncoder().encode(JSON.stringify(fields));
  return { "X-Registry-Auth": bytes.toBase64({ alphabet: "base64url" }) };
}
