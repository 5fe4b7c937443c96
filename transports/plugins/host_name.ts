/** The host of an authority, without its port; an IPv6 address without its brackets. */
export function hostName(authority: string): string {
  return authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
