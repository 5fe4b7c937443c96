import { equal } from "node:assert/strict";
import { goJson } from "../json.ts";
import { makeStruct, type StructType } from "./struct.ts";
import { compileTemplate } from "./template.ts";

const inner: StructType = [
  { name: "Arch", tag: "arch", type: "string", always: true },
  { name: "Variant", tag: "variant", type: "string" },
];
const outer: StructType = [
  { name: "Name", tag: "name", type: "string", always: true },
  { name: "Platform", type: { struct: inner, inline: true } },
  { name: "Next", tag: "next", type: { pointer: inner } },
  { name: "Labels", tag: "labels", type: "map" },
  { name: "Ports", tag: "ports", type: "set" },
  { name: "List", tag: "list", type: { listOf: inner } },
  { name: "Any", tag: "any", type: "any" },
];
const json = {
  name: "a<b>",
  arch: "amd64",
  labels: { z: "1", a: "2" },
  ports: { "80/tcp": {} },
  list: [{ arch: "x", unknown: 1 }],
  any: { deep: [1, { b: 2, a: null }] },
  unknown: true,
};

function render(template: string, from: unknown = json): string {
  return compileTemplate(template, { json: (value) => goJson(value ?? null) })(
    makeStruct(outer, from),
  );
}

Deno.test("JSON has the tags in the struct's order, and leaves out what is empty", () => {
  equal(
    render("{{json .}}"),
    '{"name":"a\\u003cb\\u003e","arch":"amd64","labels":{"a":"2","z":"1"},"ports":{"80/tcp":{}},' +
      '"list":[{"arch":"x"}],"any":{"deep":[1,{"a":null,"b":2}]}}',
  );
  equal(render("{{json .}}", {}), '{"name":"","arch":""}');
});

Deno.test("templates have Go's names, and Go's text", () => {
  equal(render("{{.Name}} {{.Arch}} {{.Platform.Arch}}"), "a<b> amd64 amd64");
  equal(render("{{.Any.deep}} {{.Any.nope}} {{.Next}}"), "[1 map[a:<nil> b:2]] <no value> <nil>");
  equal(
    render("{{.}}"),
    "{a<b> {amd64 } <nil> map[a:2 z:1] map[80/tcp:{}] [{x }] map[deep:[1 map[a:<nil> b:2]]]}",
  );
  equal(render("{{if .Next}}y{{else}}n{{end}}{{len .List}}"), "n1");
});
