/** A login for a registry. Never printed. */
export interface Credential {
  /** Empty where `secret` is an identity token. */
  readonly username: string;
  /** A password, or an identity token (an OAuth2 refresh token). */
  readonly secret: string;
  /** A bearer token that is used unchanged, instead of any login. */
  readonly registryToken?: string;
}

/** A source of logins. */
export interface CredentialSource {
  /**
   * Finds the login for a registry. Without one it resolves to undefined, and the daemon asks
   * anonymously. A broken file or helper causes a warning and counts as no login.
   * @param host as the daemon names it: `registry-1.docker.io`, `127.0.0.1:5000`
   * @param scopes the scopes that a token is requested for: `repository:a/b:pull,push`
   */
  lookup(host: string, scopes?: readonly string[]): Promise<Credential | undefined>;
  /** Whether there is a login for anything on the registry. */
  has(host: string): Promise<boolean>;
}
