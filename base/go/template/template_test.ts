import assert from "node:assert/strict";
import { compileTemplate } from "./template.ts";
import { GoDuration, GoTime } from "./time.ts";
import { StringMap } from "./values.ts";

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
  Builder: { Current: true, Inner: { Deep: "x" }, toJSON: () => ({}) },
  Nothing: null,
  Strings: new StringMap([["a", "b"]]),
  Digest: "sha256:347624548034e6856fbda89bda3d9ff161961e488c5dafb842b7531db9ac3e72",
  // 2026-11-05 09:05:03.12 in a zone 90 minutes east.
  Time: new GoTime({ seconds: 1_793_864_103n, nanos: 120_000_000 }, 90),
  Took: new GoDuration(3_725_900_000_000n),
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
  ['{{define "a"}}<{{.}}>{{end}}{{template "a" .Name}}{{template "a"}}', "<remote1><<no value>>"],
  ['{{block "b" .Count}}{{.}}{{end}}{{template "b" 4}}', "34"],
  ["{{.Builder}}{{.Nothing}}{{if and .Nothing .Nothing.Code}}y{{end}}", "{true {x}}<nil>"],
  ['{{and 1 0 2}} {{or 0 "" 3}} {{or .On .Nothing.Code}}', "0 3 true"],
  ['{{print 1 2 "a" "b" 3}} {{print .On .Off}}', "1 2ab3 true false"],
  [
    "{{1}} {{1.50}} {{1e3}} {{0x10}} {{'a'}} {{'\\n'}} {{0.00001}} {{1e21}}",
    "1 1.5 1000 16 97 10 1e-05 1e+21",
  ],
  ['{{index .Name 0}} {{slice "aéb" 1 3}} {{len "é"}} {{truncate "ab" 5}}', "114 é 2 ab"],
  ['{{index .Strings "a"}}{{json (index .Strings "no")}} {{.Strings.no}}', 'b"" <no value>'],
  ["{{html `<a b='c'>&\"`}}", "&lt;a b=&#39;c&#39;&gt;&amp;&#34;"],
  ["{{js `<a>='\n`}} {{urlquery `a b/ü*`}}", "\\u003Ca\\u003E\\u003D\\'\\u000A a+b%2F%C3%BC%2A"],
  [
    '{{printf "%X %o %b %c %U %e %g %T %x %q %+d %*d" 255 8 5 65 65 1.5 1.5 .Name .Name .List 3 4 7}}',
    'FF 10 101 A U+0041 1.500000e+00 1.5 string 72656d6f746531 ["a" "b" "c"] +3    7',
  ],
  [
    '{{printf "%s %d %v" nil nil nil}} {{printf "%+v %z %" .Builder.Inner 1}}',
    "%!s(<nil>) %!d(<nil>) <nil> {Deep:x} %!z(int=1) %!(NOVERB)",
  ],
  ["{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}", "01201"],
  ["{{$x := 1}}{{range .List}}{{$x = .}}{{end}}{{$x}}", "c"],
  [
    '{{.Digest.Algorithm}} {{.Digest.Encoded | printf "%.6s"}} {{slice .Digest 7 9}}',
    "sha256 347624 34",
  ],
  [
    "{{.Time}} {{json .Time}} {{.Time.Unix}} {{.Time.UTC.Hour}}",
    '2026-11-05 09:05:03.12 +0130 +0130 "2026-11-05T09:05:03.12+01:30" 1793864103 7',
  ],
  [
    '{{.Time.Format "Mon, 02 Jan 06 15:04:05.000 Z07:00 MST"}}|{{.Time.Format "Monday January _2 3:4PM 2006 002 .99"}}',
    "Thu, 05 Nov 26 09:05:03.120 +01:30 +0130|Thursday November  5 9:5AM 2026 309 .12",
  ],
  [
    "{{.Time.Year}} {{.Time.Month}} {{.Time.Day}} {{.Time.Weekday}} {{(.Time.UTC).Format `2006-01-02T15:04:05Z07:00`}}",
    "2026 November 5 Thursday 2026-11-05T07:35:03Z",
  ],
  [
    "{{.Took}} {{.Took.Seconds}} {{.Took.Milliseconds}} {{.Took.Round 1000000000}} {{.Took.Truncate 60000000000}}",
    "1h2m5.9s 3725.9 3725900 1h2m6s 1h2m0s",
  ],
];

for (const [source, expected] of good) {
  Deno.test(`compileTemplate() renders ${source}`, () => {
    assert.equal(compileTemplate(source)(value), expected);
  });
}

const bad: [string, string, string?][] = [
  ["{{", "unclosed action at line 1, column 1"],
  ["a\n{{.Name", "unclosed action at line 2, column 1"],
  ["{{}}", "missing value for command at line 1, column 1"],
  ["{{.Nmae}}", "can't evaluate field Nmae at line 1, column 3", "did you mean .Name?"],
  ["{{.Nodes.Name}}", "can't evaluate field Name in type []interface {} at line 1, column 3"],
  ["{{nope .Name}}", 'function "nope" not defined at line 1, column 3'],
  ["{{uper .Name}}", 'function "uper" not defined at line 1, column 3', "did you mean upper?"],
  ["{{Name}}", 'function "Name" not defined at line 1, column 3'],
  ["{{upper}}", "wrong number of args for upper: want 1 got 0 at line 1, column 3"],
  ["{{if .On}}x", "{{if}} has no {{end}} at line 1, column 11"],
  ["{{end}}", "unexpected {{end}} at line 1, column 3"],
  ["{{range .Name}}{{end}}", "range can't iterate over remote1 at line 1, column 9"],
  ["{{index .List 9}}", "error calling index: index out of range: 9 at line 1, column 3"],
  ["{{$nope}}", 'undefined variable "$nope" at line 1, column 3'],
  ['{{"x}}', "unterminated quoted string at line 1, column 3"],
  ["{{.Name .Name}}", "Name has arguments but cannot be invoked as function at line 1, column 3"],
  ["{{1 2}}", "can't give arguments to a value at line 1, column 3"],
  ['{{template "x"}}', 'template "x" not defined at line 1, column 12'],
  [
    '{{define "x"}}{{template "x"}}{{end}}{{template "x"}}',
    "exceeded maximum template depth (500) at line 1, column 26",
  ],
  ["{{nil}}", "nil is not a command at line 1, column 3"],
  ["{{break}}", "{{break}} outside {{range}} at line 1, column 8"],
  [
    '{{eq "a" 1}}',
    "error calling eq: incompatible types for comparison: string and int at line 1, column 3",
  ],
  ["{{.Nothing.Code}}", "nil pointer evaluating .Code at line 1, column 3"],
  ["{{if .Off}}{{nope}}{{end}}", 'function "nope" not defined at line 1, column 14'],
  ["{{.constructor}}", "can't evaluate field constructor at line 1, column 3"],
  ["{{.Builder.Inner.Deep.More}}", "can't evaluate field More in type string at line 1, column 3"],
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
