import assert from "node:assert/strict";
import { fileModeText, isFolder, isLink, isRegular } from "./file_mode.ts";

Deno.test("modes are printed as Go does", () => {
  assert.equal(fileModeText(0o644), "-rw-r--r--");
  assert.equal(fileModeText(0x80000000 + 0o755), "drwxr-xr-x");
  assert.equal(fileModeText(134218239), "Lrwxrwxrwx");
  assert.equal(fileModeText(2148532735), "dtrwxrwxrwx");
  assert.equal(fileModeText(8389101), "urwxr-xr-x");
  assert.equal(fileModeText(33554852), "prw-r--r--");
});

Deno.test("a mode says what kind of file it is", () => {
  const kinds = (mode: number) => [isRegular(mode), isFolder(mode), isLink(mode)];
  assert.deepEqual(kinds(8389101), [true, false, false]);
  assert.deepEqual(kinds(2148532735), [false, true, false]);
  assert.deepEqual(kinds(134218239), [false, false, true]);
  assert.deepEqual(kinds(33554852), [false, false, false]);
});
