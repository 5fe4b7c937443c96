/** Reads values of kubeconfigs and of API answers, and checks their types. */
import { fieldsOf } from "../../base/json.ts";

/** A map of a kubeconfig, in which every scalar (also `true`) is a string, or an object of JSON. */
export type KubeMap = Readonly<Record<string, unknown>>;

/** Names of pods, namespaces and containers, as in buildx; `.` and `..` would be folders. */
export const NAME = /^(?!\.+$)[-a-z0-9.]+$/;

/** The maps of a list; an empty list for another value. */
export function mapsIn(value: unknown): KubeMap[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** A text, or undefined if it is empty or null: kubectl writes `null` for a missing value. */
export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && !["", "null", "~"].includes(value) ? value : undefined;
}

/** The values of these names, without those that are no texts. */
export function textsIn<K extends string>(
  value: unknown,
  ...names: readonly K[]
): { readonly [P in K]?: string } {
  const map = fieldsOf(value);
  return Object.fromEntries(
    names.flatMap((name) => typeof map[name] === "string" ? [[name, map[name]]] : []),
  ) as { readonly [P in K]?: string };
}
