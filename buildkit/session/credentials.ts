/** A login for a registry. Never printed. */
export interface Credential {
  /** Empty where `secret` is an identity token. */
  readonly username: string;
  /** A password, or an identity token (an OAuth2 refresh token). */
  readonly secret: string;
  /** A bearer token to be used as it is, in place of any login. */
  readonly registryToken?: string;
}

/** A source of logins. */
export interface CredentialSource {
  /**
   * The login for a registry; undefined for none: the daemon then asks as nobody. What is broken
   * on the way (a file, a helper) is warned of and counts as none.
   * @param host as the daemon names it: `registry-1.docker.io`, `127.0.0.1:5000`
   * @param scopes what a token is wanted for: `repository:a/b:pull,push`
   */
  lookup(host: string, scopes?: readonly string[]): Promise<Credential | undefined>;
  /** Whether there is a login for anything on the registry. */
  has(host: string): Promise<boolean>;
}
