import assert from "node:assert/strict";
import { stat } from "../../tests/fsync/raw_sender.ts";
import { FsyncError } from "./errors.ts";
import { makeLinkCheck } from "./hardlinks.ts";
import { Mode, type Stat } from "./packet.ts";
import { type Check, checkMode, checkPath, makeOrderCheck } from "./validator.ts";

/** Entries by line: `path`, `folder/`, `symlink -> target`, `hardlink => target`. */
function entries(text: string): Stat[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "").map((line) => {
    const [path = "", kind, target = ""] = line.split(" ");
    return stat(path.replace(/(.)\/$/, "$1"), {
      mode: path.endsWith("/") ? Mode.dir : kind === "->" ? Mode.symlink : 0,
      linkname: target,
    });
  });
}

/** The path of the entry that the check refuses. */
function refused(check: Check, stats: Stat[]): string | undefined {
  for (const stat of stats) {
    try {
      check(stat);
    } catch (error) {
      assert.ok(error instanceof FsyncError);
      return error.path;
    }
  }
  return undefined;
}

Deno.test("paths that lead out, or are not as the protocol has them, are refused", () => {
  for (
    const path of [
      "",
      "/",
      "/a",
      "..",
      "../a",
      "a/..",
      "a/../b",
      "a//b",
      "./a",
      "a/.",
      "a/",
      ".",
      "a\0b",
    ]
  ) {
    assert.equal(refused(checkPath, [stat(path)]), path);
  }
  for (const path of ["a", "a/b", "..a", "...", "a/..b/c..", "\\", "a b", "ä"]) {
    assert.equal(refused(checkPath, [stat(path)]), undefined, path);
  }
});

Deno.test("modes of no or of two types are refused", () => {
  const bad = [
    Mode.socket,
    Mode.irregular,
    Mode.charDevice,
    Mode.dir | Mode.symlink,
    Mode.dir | Mode.pipe,
  ];
  for (const mode of bad) {
    assert.equal(refused(checkMode, [stat("a", { mode, linkname: "b" })]), "a");
  }
  const good = [
    0,
    0o777,
    Mode.setuid,
    Mode.dir | Mode.sticky,
    Mode.pipe,
    Mode.device,
    Mode.device | Mode.charDevice,
  ];
  for (const mode of good) assert.equal(refused(checkMode, [stat("a", { mode })]), undefined);
  assert.equal(refused(checkMode, [stat("a", { mode: Mode.symlink })]), "a");
  assert.equal(refused(checkMode, [stat("a", { mode: Mode.symlink, linkname: "b\0c" })]), "a");
});

Deno.test("order: each after its folder, siblings rising, nothing twice, no way back", () => {
  const order = (text: string) => refused(makeOrderCheck(), entries(text));
  assert.equal(
    order("B/\nB/q\na/\na/b/\na/b/c\na/z\na-b\na.b/\na.b/z\nzz\né\n\u{ffee}\n\u{1f600}"),
    undefined,
  );
  assert.equal(order("b\na"), "a");
  assert.equal(order("a\na"), "a");
  assert.equal(order("a/\na/"), "a");
  assert.equal(order("a/b"), "a/b");
  assert.equal(order("a\na/b"), "a/b");
  assert.equal(order("a -> ..\na/b"), "a/b");
  assert.equal(order("a/\na/x\nb\na/y"), "a/y");
  assert.equal(order("a/\na/b/\nc/\na/b/d"), "a/b/d");
  assert.equal(order("a/\nab/\na/b"), "a/b");
  assert.equal(order("\u{1f600}\n\u{ffee}"), "\u{ffee}");
});

Deno.test("hard links lead to files that were sent before", () => {
  const links = (text: string) => refused(makeLinkCheck(), entries(text));
  assert.equal(links("a\nb => a\nc => a"), undefined);
  assert.equal(links("b => a\na"), "b");
  assert.equal(links("a/\nb => a"), "b");
  assert.equal(links("a -> x\nb => a"), "b");
  assert.equal(links("a\nb => a\nc => b"), "c");
  assert.equal(links("a => /etc/passwd"), "a");
  assert.equal(links("a => ../b"), "a");
});
