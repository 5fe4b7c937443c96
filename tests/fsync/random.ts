/** Random trees, patterns and paths from a seed, such as file sync has to get right. */

/** A generator of numbers from 0 to below 1, the same ones for a seed each time. */
export type Random = () => number;

export function pick<T>(next: Random, from: readonly T[]): T {
  return from[Math.floor(next() * from.length)]!;
}

/** Names that differ in little, sort oddly, or mean something in patterns. */
const names = [
  ..."a b c ab a-b a.b a.c aa d.e foo bar foo.go Foo B".split(" "),
  ..."[x] a[ a] *  ?  \\ a\\b ^ ! !a - {a} $ (a) + | ~ # .hidden ..a ...".split(/ +/),
  ..."é ü 日本 \u{ffee} \u{1f600} \u{1f600}x e\u0301".split(" "),
  "with space",
  " lead",
  "trail ",
  "tab\t",
  "new\nline",
];

/** A tree in the language of `../harness/tree.ts`, and the paths in it. */
export function randomTree(next: Random): { text: string; paths: string[] } {
  const lines: string[] = [];
  const folders = [""];
  const files: string[] = [];
  const paths: string[] = [];
  const taken = new Set<string>();
  const count = 4 + Math.floor(next() * 24);
  for (let i = 0; i < count; i++) {
    const folder = pick(next, folders);
    const path = folder + pick(next, names);
    if (taken.has(path)) continue;
    taken.add(path);
    paths.push(path);
    lines.push(randomLine(next, path, { folders, files, paths }));
  }
  return { text: lines.join("\n"), paths };
}

function randomLine(
  next: Random,
  path: string,
  { folders, files, paths }: { folders: string[]; files: string[]; paths: string[] },
): string {
  const quoted = JSON.stringify(path);
  const kind = next();
  const time = `@${Math.floor(next() * 4e9)}.${String(Math.floor(next() * 1e9)).padStart(9, "0")}`;
  if (kind < 0.35) {
    folders.push(`${path}/`);
    const mode = pick(next, ["0755", "0700", "02755", "01777"]);
    return `${JSON.stringify(`${path}/`)} ${mode} ${time}`;
  }
  if (kind < 0.5) return `${quoted} -> ${JSON.stringify(randomTarget(next, paths))} ${time}`;
  if (kind < 0.6 && files.length > 0) return `${quoted} => ${JSON.stringify(pick(next, files))}`;
  files.push(path);
  if (kind < 0.64) {
    return `${quoted} ${pick(next, ["fifo", "socket", "char 1:3", "block 259:70000"])} ${time}`;
  }
  const mode = pick(next, ["0644", "0755", "0600", "04755", "06711", "0000", "01644"]);
  const xattr = next() < 0.1 ? ` user.x=${JSON.stringify("v".repeat(next() * 300))}` : "";
  return `${quoted} ${Math.floor(next() * 3000)} ${mode} ${time}${xattr}`;
}

/** Links to entries, to themselves, in circles, above the root, and to nothing. */
function randomTarget(next: Random, paths: readonly string[]): string {
  const entry = paths.length > 0 ? pick(next, paths) : "a";
  const up = "../".repeat(Math.floor(next() * 4));
  return pick(next, [
    entry,
    `/${entry}`,
    up + entry,
    `${up}.`,
    "/",
    "missing/x",
    `./${entry}/`,
    pick(next, names),
  ]);
}

/** A path that may be in the tree, near one of it, or made up. */
export function randomPath(next: Random, paths: readonly string[]): string {
  const choice = next();
  const entry = paths.length > 0 ? pick(next, paths) : "a";
  if (choice < 0.5) return entry;
  if (choice < 0.6) return entry.split("/").slice(0, -1).join("/") || "a";
  if (choice < 0.75) return `${entry}/${pick(next, names)}`;
  return Array.from({ length: 1 + Math.floor(next() * 3) }, () => pick(next, names)).join("/");
}

/** Pieces that patterns are made of, also broken and useless ones. */
const pieces = [
  ...["*", "**", "?", "/", "/", "/", ".", "..", "[a-c]", "[^a]", "[a", "]", "[", "\\", "\\*"],
  ...["\\[", "^", "[*]", "[?]", "[[:alpha:]]", "[\\]]", "[]a]", "[a-]", "[--a]", "\\d", "\\w"],
  ...["\\pL", "\\Q", "\\x41", "\\b", "\\a", "\\0", "\\12", "$", "(", ")", "+", "|", "{", "}", "-"],
  ...["!", " ", "é", "\u{1f600}", "a", "b", "**/", "/**", "/*", "foo", ".go", "***", "**/*"],
  ...["[**]", "{2}", "{0,2}", "{1,}", "{,2}", "*a", "**/a", "[a*]", "[\\d]", "[[:foo:]]", "[b-a]"],
];

/** A pattern: a path of the tree with some of it replaced, or any pieces in a row. */
export function randomPattern(next: Random, paths: readonly string[]): string {
  let pattern: string;
  const choice = next();
  if (choice < 0.55) {
    const parts = randomPath(next, paths).split("/");
    if (next() < 0.4) {
      const wild = pick(next, ["*", "**", "?", "a*", "*.go", "[a-c]*"]);
      parts[Math.floor(next() * parts.length)] = wild;
    }
    if (next() < 0.2) parts.push(pick(next, ["*", "**", ""]));
    if (next() < 0.2) parts.unshift(pick(next, ["**", ".", "", "*"]));
    pattern = parts.join("/");
  } else {
    pattern = Array.from({ length: 1 + Math.floor(next() * 5) }, () => pick(next, pieces)).join("");
  }
  return (next() < 0.25 ? "!" : "") + pattern;
}

/** Returns up to five of them. */
export function several<T>(next: Random, make: () => T): T[] {
  return Array.from({ length: Math.floor(next() * 6) }, make);
}
