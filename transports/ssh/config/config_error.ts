/** A configuration that can't be followed. */
export class SshConfigError extends Error {
  override readonly name = "SshConfigError";
  constructor(place: string, problem: string, readonly hint: string) {
    super(`${place}: ${problem}`);
  }
}
