import assert from "node:assert/strict";
import { compileTemplate } from "./template.ts";

const value = {
  Name: "remote1",
  Count: 3,
  Size: 5_000_000_000n,
  On: true,
  Off: false,
  Empty: "",
  List: ["a", "b", "c"],
  Nodes: [{ Name: "n0", Up: true }, { Name: "n1", Up: false }],
  Labels: new Map([["z", "1"], ["a", "2"]]),
  Builder: { Current: true, Inner: { Deep: "x" } },
};

// What Go's text/template makes of them, with docker's functions.
const good: [string, string][] = [
  ["plain", "plain"],
  ["{{.Name}}", "remote1"],
  ["{{ .Name }}\t{{.Count}}", "remote1\t3"],
  ["{{.Builder.Inner.Deep}}", "x"],
  ["{{.List}} {{.Labels}} {{.On}} {{.Size}}", "[a b c] map[a:2 z:1] true 5000000000"],
  ["{{.Labels.a}} {{.Labels.none}}", "2 <no value>"],
  ["{{json .List}} {{json .Labels}} {{json .Name}}", '["a","b","c"] {"a":"2","z":"1"} "remote1"'],
  ["{{upper .Name}} {{.Name | upper | lower}} {{title .Name}}", "REMOTE1 remote1 Remote1"],
  ['{{join .List "-"}} {{split "a,b" "," | json}}', 'a-b-c ["a","b"]'],
  ["[{{pad .Name 1 2}}] {{truncate .Name 3}}", "[ remote1  ] rem"],
  [
    '{{printf "%-8s|%3d|%q|%v|%05.1f|%%" .Name .Count .Name .On 2.26}}',
    'remote1 |  3|"remote1"|true|002.3|%',
  ],
  ['{{printf "%d" .Name}} {{printf "%s"}}', "%!d(string=remote1) %!s(MISSING)"],
  ['{{println "a" 1}}', "a 1\n"],
  ["{{len .List}} {{len .Name}} {{len .Labels}}", "3 7 2"],
  ['{{index .List 1}} {{index .Labels "z"}} {{slice .Name 1 3}}', "b 1 em"],
  ["{{if .On}}y{{else}}n{{end}}{{if .Empty}}y{{else}}n{{end}}", "yn"],
  ["{{if .Off}}1{{else if .On}}2{{else}}3{{end}}", "2"],
  ['{{if and .On (eq .Name "remote1")}}y{{end}}{{if or .Off .Empty}}n{{end}}', "y"],
  [
    "{{if not .Off}}y{{end}} {{eq .Count 1 2 3}} {{ne .Count 3}} {{lt 1 2}} {{ge 2 2}}",
    "y true false true true",
  ],
  ["{{range .Nodes}}{{.Name}}={{.Up}};{{end}}", "n0=true;n1=false;"],
  ["{{range $i, $n := .List}}{{$i}}{{$n}}{{$.Name}} {{end}}", "0aremote1 1bremote1 2cremote1 "],
  ["{{range .Labels}}{{.}}{{end}}", "21"],
  ['{{range .List}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', "ac"],
  ['{{range .List}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', "a"],
  ["{{with .Builder.Inner}}{{.Deep}}{{else}}no{{end}}", "x"],
  ["{{with .Empty}}x{{else}}no{{end}}", "no"],
  ['{{$x := .Name}}{{$x}}{{$x = "y"}}{{$x}}', "remote1y"],
  ["a {{- .Name -}} b", "aremote1b"],
  ["a{{/* note */}}b {{- /* note */ -}} c", "abc"],
  ['{{"quoted \\"x\\" \\n"}}{{`raw`}}', 'quoted "x" \nraw'],
  ["{{(index .Nodes 0).Name}}", "n0"],
  ['{{.Name|printf "%s-%s" "x"}}', "x-remote1"],
];

for (const [source, expected] of good) {
  Deno.test(`compileTemplate() renders ${source}`, () => {
    assert.equal(compileTemplate(source)(value), expected);
  });
}

const bad: [string, string, string?][] = [
  ["{{", "unclosed action at line 1, column 1"],
  ["a\n{{.Name", "unclosed action at line 2, column 1"],
  ["{{}}", "missing value at line 1, column 1"],
  ["{{.Nmae}}", "can't evaluate field Nmae at line 1, column 3", "did you mean .Name?"],
  ["{{.Nodes.Name}}", "can't evaluate field Name at line 1, column 3"],
  ["{{nope .Name}}", 'function "nope" not defined at line 1, column 3'],
  ["{{uper .Name}}", 'function "uper" not defined at line 1, column 3', "did you mean upper?"],
  ["{{Name}}", 'function "Name" not defined at line 1, column 3'],
  ["{{upper}}", "wrong number of arguments for upper: want 1, got 0 at line 1, column 3"],
  ["{{if .On}}x", "{{if}} has no {{end}} at line 1, column 11"],
  ["{{end}}", "unexpected {{end}} at line 1, column 3"],
  ["{{range .Name}}{{end}}", "range can't iterate over remote1 at line 1, column 9"],
  ["{{index .List 9}}", "error calling index: index out of range: 9 at line 1, column 3"],
  ["{{$nope}}", "undefined variable $nope at line 1, column 3"],
  ['{{"x}}', "unterminated quoted string at line 1, column 3"],
  ["{{.Name .Name}}", "can't give arguments to a value at line 1, column 3"],
  ['{{template "x"}}', "{{template}} is not supported at line 1, column 1"],
  ["{{.Builder.Inner.Deep.More}}", "can't evaluate field More at line 1, column 3"],
];

for (const [source, message, hint] of bad) {
  Deno.test(`compileTemplate() refuses ${JSON.stringify(source)}`, () => {
    assert.throws(() => compileTemplate(source)(value), (error: Error & { hint?: string }) => {
      assert.equal(error.name, "TemplateError");
      assert.equal(error.message, `template parsing error: ${message}`);
      if (hint !== undefined) assert.equal(error.hint, hint);
      return true;
    });
  });
}
