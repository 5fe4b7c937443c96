/** Each attribute of the table by itself: read, merged, overridden, printed, and seen by references. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { fromJson, toJson } from "../hcl/values/json_text.ts";
import type { Attribute, Override } from "./attribute.ts";
import { prettyJson } from "./pretty_json.ts";
import { type Fields, mergeFields, targetAttributes, tidyFields } from "./table.ts";

const table = targetAttributes as unknown as Record<string, Attribute<unknown>>;

/** A JSON text as the attribute's field. */
const read = (name: string, json: string) => table[name]!.read(fromJson(json));

/** An attribute's field in `--print`, as JSON without line breaks. */
function printed(name: string, field: unknown): string | undefined {
  const json = table[name]!.print(field);
  return json === undefined ? undefined : JSON.stringify(JSON.parse(prettyJson(json)));
}

/** By attribute: the written value, and the value in `--print`. */
const prints: [name: string, written: string, printed: string | undefined][] = [
  ["description", '""', undefined],
  ["context", '"."', '"."'],
  ["target", '""', '""'],
  ["annotations", '["a=${b}"]', '["a=$${b}"]'],
  ["args", '{"b":1,"a":true,"n":null}', '{"a":"true","b":"1"}'],
  ["tags", "[]", undefined],
  ["pull", "false", "false"],
  ["cache-from", '["a,b",{"type":"gha","scope":"x"}]', undefined],
  ["output", '[{"type":"image","push":true},"out"]', undefined],
  ["attest", '["type=sbom,disabled=true"]', '[{"disabled":true,"type":"sbom"}]'],
  ["secret", '["id=a,src=f",{"id":"b"}]', '[{"id":"a","src":"f"},{"id":"b"}]'],
  ["ssh", '["default",{"id":"k","paths":["p"]}]', '[{"id":"default"},{"id":"k","paths":["p"]}]'],
  ["resources", '{"cpu-shares":5,"memory":"1g"}', '{"memory":"1g","cpu-shares":5}'],
];

Deno.test("fields are read from values, and printed", () => {
  for (const [name, written, expected] of prints) {
    const field = read(name, written);
    if (expected !== undefined || name === "tags" || name === "description") {
      equal(printed(name, field), expected, name);
    }
  }
  const caches = read("cache-from", '["a,b",{"type":"gha","scope":"x"}]');
  equal(
    printed("cache-from", caches),
    '[{"ref":"a","type":"registry"},{"ref":"b","type":"registry"},{"scope":"x","type":"gha"}]',
  );
  const outputs = read("output", '[{"type":"image","push":true},"out"]');
  equal(
    printed("output", outputs),
    '[{"push":"true","type":"image"},{"dest":"out","type":"local"}]',
  );
});

Deno.test("null unsets some attributes, and is an error for others", () => {
  for (const name of ["context", "tags", "args", "pull", "dockerfile-inline"]) {
    equal(read(name, "null"), undefined, name);
  }
  for (const name of ["description", "output", "secret", "resources", "policy", "attest"]) {
    throws(() => read(name, "null"), { message: "null value is not allowed" }, name);
  }
});

Deno.test("each attribute has a value for references, set or not", () => {
  for (const [name, { value }] of Object.entries(table)) {
    equal(typeof value(undefined).type.kind, "string", name);
  }
  equal(toJson(table["tags"]!.value(["a"])), '["a"]');
  equal(toJson(table["args"]!.value(new Map([["a", "1"]]))), '{"a":"1"}');
});

/** By attribute: a field, a later one, and the merged field. */
const merges: [name: keyof Fields, below: string, above: string, merged: string][] = [
  ["tags", '["a"]', '["b"]', '["b"]'],
  ["annotations", '["a=1"]', '["b=2"]', '["a=1","b=2"]'],
  ["args", '{"a":"1","b":"1"}', '{"b":"2"}', '{"a":"1","b":"2"}'],
  [
    "cache-from",
    '["a"]',
    '["b","a"]',
    '[{"ref":"a","type":"registry"},{"ref":"b","type":"registry"}]',
  ],
  ["cache-to", '["a"]', '["b"]', '[{"ref":"b","type":"registry"}]'],
  ["secret", '["id=a,src=1","id=b"]', '["id=a,src=2"]', '[{"id":"a","src":"2"},{"id":"b"}]'],
  ["attest", '["type=sbom"]', '["type=sbom,disabled=true"]', '[{"disabled":true,"type":"sbom"}]'],
  ["resources", '{"memory":"1g"}', '{"cpu-quota":1}', '{"memory":"1g","cpu-quota":1}'],
  ["description", '"a"', '""', '"a"'],
];

Deno.test("a later field replaces, appends, or goes by key", () => {
  for (const [name, below, above, expected] of merges) {
    const target = (json: string) => ({ [name]: read(name, json) }) as Fields;
    const merged: Fields = mergeFields(target(below), target(above));
    equal(printed(name, merged[name]), expected, name);
  }
});

Deno.test("a whole target is tidied: doubles go, and the host's network is a permission", () => {
  const target: Fields = {
    tags: ["b", "a", "b", ""],
    contexts: new Map([["x", ""], ["y", "."]]),
    network: "host",
  };
  tidyFields(target);
  deepEqual(target.tags, ["b", "a"]);
  deepEqual([...target.contexts!.keys()], ["y"]);
  deepEqual(target.entitlements, ["network.host"]);
});

Deno.test("keys of --set: each belongs to one attribute", () => {
  const keys = Object.values(table).flatMap(({ set = [] }) => set.map(({ key }) => key));
  equal(new Set(keys).size, keys.length);
  const set = (key: string, field: unknown, override: Partial<Override>, name = "") => {
    const setter = Object.values(table).flatMap(({ set = [] }) => set)
      .find((setter) => setter.key === key)!;
    return setter.apply(field, { values: [], append: false, ...override }, name);
  };
  deepEqual(set("tags", ["a"], { values: ["b"], append: true }), ["a", "b"]);
  deepEqual(set("tags", ["a"], { values: ["b"] }), ["b"]);
  deepEqual(set("annotations", ["a=1"], { values: ["b=2"] }), ["a=1", "b=2"]);
  deepEqual(set("args", undefined, { value: "1" }, "A"), new Map([["A", "1"]]));
  deepEqual(set("resources", { memory: "1g" }, { value: "7" }, "cpu-quota"), {
    memory: "1g",
    "cpu-quota": 7n,
  });
  throws(() => set("pull", undefined, { value: "maybe" }), {
    message: "invalid value maybe for boolean key pull",
  });
  throws(() => set("secret", [], { value: "env=X" }, "s"), {
    message: 'secret "s" must be declared before it can be overridden',
  });
});
