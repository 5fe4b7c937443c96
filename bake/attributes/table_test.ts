/** The rules of attributes that the golden cases can't show: buildx opens the keys of `ssh`. */
import { equal, throws } from "node:assert/strict";
import { fromJson, toJson } from "../hcl/values/json_text.ts";
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { Attribute } from "./attribute.ts";
import { prettyJson } from "./pretty_json.ts";
import { targetAttributes } from "./table.ts";

const table = targetAttributes as unknown as Record<string, Attribute<unknown>>;

Deno.test("ssh: agents are read as texts and objects, merged by id, and printed", () => {
  const { read, merge, print, value } = targetAttributes.ssh;
  const agents = (json: string): AgentEntry[] => read(fromJson(json))!;
  const below = agents('["default",{"id":"k","paths":["p"]}]');
  const merged = merge(below, agents('["k=q,r"]'));
  equal(
    prettyJson(print(merged)!).replaceAll(/\s/g, ""),
    '[{"id":"default"},{"id":"k","paths":["q","r"]}]',
  );
  equal(toJson(value(below)), '[{"id":"default","paths":[]},{"id":"k","paths":["p"]}]');
});

Deno.test("null unsets some attributes, and is an error for others", () => {
  const read = (name: string) => table[name]!.read(fromJson("null"));
  equal(read("dockerfile-inline"), undefined);
  for (const name of ["output", "secret", "ssh", "resources", "policy", "attest"]) {
    throws(() => read(name), { message: "null value is not allowed" }, name);
  }
});

Deno.test("each key of --set belongs to one attribute", () => {
  const keys = Object.values(table).flatMap(({ set = [] }) => set.map(({ key }) => key));
  equal(new Set(keys).size, keys.length);
});
