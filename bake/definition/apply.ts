/** Applies `--set` to a target. */
import type { Attribute, Override, Setter } from "../attributes/attribute.ts";
import { setBool } from "../attributes/plain.ts";
import { type Fields, targetAttributes } from "../attributes/table.ts";
import type { OutputEntry } from "../../grammar/output.ts";
import { BakeError } from "../error.ts";
import type { Allowed } from "../options.ts";
import type { Target } from "../target.ts";
import { cut } from "../../base/cut.ts";

/** `push` and `load` look at the outputs, so they come after `output`. */
const shorthands: readonly Setter<OutputEntry[]>[] = [
  { key: "push", apply: (field = [], { value }) => push(field, setBool("push", value)) },
  {
    key: "load",
    apply: (field, { value }) => setBool("load", value) ? load(field ?? []) : field,
  },
];

interface Key {
  readonly name: keyof Fields;
  // deno-lint-ignore no-explicit-any -- the setter and the field of `name` agree in type
  readonly setter: Setter<any>;
}

const keys: ReadonlyMap<string, Key> = new Map(
  [
    ...Object.entries(targetAttributes as Record<string, Attribute<unknown>>)
      .flatMap(([name, { set = [] }]) => set.map((setter) => ({ name, setter }))),
    ...shorthands.map((setter) => ({ name: "output", setter })),
  ].map(({ name, setter }) => [setter.key, { name: name as keyof Fields, setter }]),
);

/** Changes a target. Allows the paths and permissions that the user named. Throws `UsageError`. */
export function applyOverrides(
  target: Target,
  overrides: ReadonlyMap<string, Override>,
  allowed: Allowed,
): void {
  if (overrides.size === 0) return;
  const paths = [...overrides].map(([path, override]) => {
    const [key, name = ""] = cut(path, ".");
    return { key, name, override };
  });
  for (const { key } of paths) if (!keys.has(key)) throw new BakeError(`unknown key: ${key}`);
  const fields = target as unknown as Record<string, unknown>;
  const permits: (() => void)[] = [];
  for (const [key, { name, setter }] of keys) {
    for (const { name: sub, override } of paths.filter((path) => path.key === key)) {
      const field = setter.apply(fields[name], override, sub);
      if (field !== undefined) fields[name] = field;
      permits.push(() => {
        const { read = [], write = [] } = setter.permits?.(fields[name], override, sub) ?? {};
        for (const path of read) allowed.read.push(path);
        for (const path of write) allowed.write.push(path);
      });
    }
  }
  // The fields are final only now.
  for (const permit of permits) permit();
  const entitlements = overrides.get("entitlements")?.values ?? [];
  if (entitlements.includes("network.host")) allowed.networkHost = true;
  if (entitlements.includes("security.insecure")) allowed.securityInsecure = true;
}

function withPush(output: OutputEntry, value: string): OutputEntry {
  return { ...output, attrs: new Map([...output.attrs, ["push", value]]) };
}

function push(outputs: readonly OutputEntry[], on: boolean): OutputEntry[] {
  if (!on) {
    return outputs.filter(({ type }) => type !== "registry")
      .map((output) => output.type === "image" ? withPush(output, "false") : output);
  }
  const pushed = outputs.map((output) =>
    output.type === "image" ? withPush(output, "true") : output
  );
  if (outputs.some(({ type }) => type !== "docker")) return pushed;
  return [...pushed, { type: "image", dest: "", attrs: new Map([["push", "true"]]) }];
}

function load(outputs: readonly OutputEntry[]): OutputEntry[] {
  for (const { type, dest } of outputs) {
    const loads = type === "docker" && dest === "";
    if (loads || !["docker", "image", "registry", "oci"].includes(type)) return [...outputs];
  }
  return [...outputs, { type: "docker", dest: "", attrs: new Map() }];
}
