/** Whether a host is `localhost` or a loopback address, with a port or without. */
export function isThisMachine(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || host === "::1" || name === "[::1]" ||
    /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(name);
}
