/** What stands in kubeconfigs and in answers of an API server, by its type and not by trust. */

/** A map of a kubeconfig: every scalar is a string, `true` included. Or an object of JSON. */
export type KubeMap = Readonly<Record<string, unknown>>;

/** Names of pods, namespaces and containers, as buildx has them; dots alone are a folder's name. */
export const NAME = /^(?!\.+$)[-a-z0-9.]+$/;

/** The value where it is a map, else an empty one. */
export function asMap(value: unknown): KubeMap {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as KubeMap
    : {};
}

/** The maps of a list; none where it is no list. */
export function mapsIn(value: unknown): KubeMap[] {
  return Array.isArray(value) ? value.map(asMap) : [];
}

/** A text that says something: kubectl writes `null` for what isn't there. */
export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && !["", "null", "~"].includes(value) ? value : undefined;
}

/** Those values of these names that are texts. */
export function textsIn<K extends string>(
  value: unknown,
  ...names: readonly K[]
): { readonly [P in K]?: string } {
  const map = asMap(value);
  return Object.fromEntries(
    names.flatMap((name) => typeof map[name] === "string" ? [[name, map[name]]] : []),
  ) as { readonly [P in K]?: string };
}
