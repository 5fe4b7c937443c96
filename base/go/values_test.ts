import assert from "node:assert/strict";
import { formatBytes, formatDecimalBytes, parseBytes } from "./bytes.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { quote, quoteRune } from "./quote.ts";
import { parseBool } from "./bool.ts";

Deno.test("parseDuration() and formatDuration() are Go's", () => {
  // Made with Go's time package.
  const table: [string, string][] = [
    ["0", "0s"],
    ["20s", "20s"],
    ["90s", "1m30s"],
    ["1h30m", "1h30m0s"],
    ["1.5s", "1.5s"],
    ["1.5h", "1h30m0s"],
    [".5m", "30s"],
    ["100ms", "100ms"],
    ["1us", "1µs"],
    ["1.5µs", "1.5µs"],
    ["3ns", "3ns"],
    ["-2m", "-2m0s"],
    ["+1s", "1s"],
    ["48h", "48h0m0s"],
    ["1s500ms", "1.5s"],
  ];
  for (const [text, shown] of table) assert.equal(formatDuration(parseDuration(text)), shown);
  for (const text of ["", "-", "s", ".s", "1", "1x", "1e3s", "1 s", "99999999999h"]) {
    assert.throws(() => parseDuration(text), /^Error: time: /, text);
  }
});

Deno.test("parseBytes() is go-units' RAMInBytes", () => {
  const table: [string, number][] = [
    ["0", 0],
    ["512", 512],
    ["512b", 512],
    ["1k", 1024],
    ["1KB", 1024],
    ["64m", 64 * 2 ** 20],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["10 k", 10240],
    ["1.9b", 1],
    [".5k", 512],
    ["1p", 2 ** 50],
    ["1e3mb", 1000 * 2 ** 20],
    ["0x1p4", 16],
    ["1_000k", 1_024_000],
  ];
  for (const [text, bytes] of table) assert.equal(parseBytes(text), bytes, text);
  for (const text of ["", "x", "-1", "1bb", "1kk", "1kib2", "1  k", "1..2k", "k", "1e_3", "1__0"]) {
    assert.throws(() => parseBytes(text), text);
  }
  assert.throws(() => parseBytes("10000pb"), /does not fit into 64 bits/);
  assert.throws(() => parseBytes("5MiBs"), /^Error: invalid suffix: 'MiBs'$/);
});

Deno.test("formatBytes() and formatDecimalBytes() are go-units'", () => {
  assert.deepEqual(
    [0, 1, 512_000_000, 1e10, 1e11, 51e9, 1023, 1024, 2 ** 70].map(formatBytes),
    ["0B", "1B", "488.3MiB", "9.313GiB", "93.13GiB", "47.5GiB", "1023B", "1KiB", "1ZiB"],
  );
  assert.deepEqual([999, 1000, 1_234_567].map(formatDecimalBytes), ["999B", "1kB", "1.235MB"]);
});

Deno.test("parseBool() takes Go's spellings and no others", () => {
  for (const text of ["1", "t", "T", "TRUE", "true", "True"]) assert.equal(parseBool(text), true);
  for (const text of ["0", "f", "F", "FALSE", "false", "False"]) {
    assert.equal(parseBool(text), false);
  }
  for (const text of ["", "yes", "tRUE", "2"]) assert.throws(() => parseBool(text));
});

Deno.test("quote() and quoteRune() are Go's %q", () => {
  assert.equal(
    quote('a"b\\c\n\x01é\u00a0世\u200b😀\x7f'),
    '"a\\"b\\\\c\\n\\x01é\\u00a0世\\u200b😀\\x7f"',
  );
  assert.equal(quoteRune("'"), "'\\''");
  assert.equal(quoteRune("x"), "'x'");
});
