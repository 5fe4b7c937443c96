/**
 * No text of a daemon controls a terminal, except for colours. Random texts full of escapes go
 * through every renderer and the program's own output; `vt_parser.ts` reads the bytes.
 */
import assert from "node:assert/strict";
import { commands } from "../../commands/list.ts";
import { runProgram } from "../../cli/run.ts";
import { waiting, waitLine } from "../../cli/waiting.ts";
import { startProgress } from "../../progress/progress.ts";
import { builderFile, tempStore } from "../commands/temp_store.ts";
import { fakeDaemon, fakeDeps } from "../commands/fake_deps.ts";
import { type Action, actionsOf } from "./vt_parser.ts";
import { message } from "./messages.ts";
import { outputOfBytes } from "./terminal.ts";
import { seededBelow } from "../harness/random.ts";

const pieces = [
  ...["\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b\\", "\x9b", "\x9d", "\x9c", "\x90"],
  ...["\x1b]52;c;aGk=\x07", "\x1b[2J", "\x1b[1A", "\x1b[31m", "\x1b[8m", "\x1b[0m", "\x1bc"],
  ...["\r", "\b", "\x07", "\n", "\r\n", "\t", "\x0e", "\0", "\x7f", ";", "m", "1", "?25l"],
  ...["#1 [auth] x", "漢", "é", "👩‍👩", " ", "\u202e", "text"],
];

/** A piece of text as bytes: of what terminals obey, of any bytes, and of pieces of characters. */
function hostileBytes(random: (limit: number) => number): Uint8Array {
  const bytes: number[] = [];
  for (let i = random(8); i >= 0; i--) {
    const part = random(4) === 0
      ? Uint8Array.from({ length: random(6) }, () => random(256))
      : new TextEncoder().encode(pieces[random(pieces.length)]!);
    bytes.push(...part.subarray(0, random(5) === 0 ? random(part.length + 1) : part.length));
  }
  return Uint8Array.from(bytes);
}

const hostileText = (random: (limit: number) => number) =>
  new TextDecoder().decode(hostileBytes(random));

/** The program's own output on a terminal, and the bytes that the terminal got. */
function terminal() {
  const bytes: number[] = [];
  const output = outputOfBytes((more) => void bytes.push(...more), { columns: 60, rows: 12 });
  return { output, bytes: () => Uint8Array.from(bytes) };
}

/** Controls of the program itself, by their text; `\r` is one only where frames are painted. */
const OURS = ["A", "2K", "K", "J", "?7h", "?7l", "?25h", "?25l", "?2026h", "?2026l"];

function isHarmless(action: Action, painted: boolean): boolean {
  if (action.kind === "print") return !/[\u202a-\u202e\u2066-\u2069]/.test(action.text);
  if (action.kind === "control") {
    return action.code === 10 || action.code === 9 || painted && action.code === 13;
  }
  if (action.kind !== "csi") return false;
  if (action.final === "m") return /^[0-9;:]*$/.test(action.rest);
  const text = action.final === "A" ? "A" : action.rest + action.final;
  return painted && OURS.includes(text);
}

function check(bytes: Uint8Array, what: string, painted = false) {
  const bad = actionsOf(bytes).filter((action) => !isHarmless(action, painted));
  assert.deepEqual(bad, [], `${what}: ${JSON.stringify(new TextDecoder().decode(bytes))}`);
}

/** Steps, parts, logs and warnings that are all hostile, some of them failing. */
function* hostileBuild(random: (limit: number) => number) {
  for (let i = 0; i < 4; i++) {
    const d = `v${i}`;
    yield message({ v: [{ d, name: hostileText(random), start: i }] });
    yield message({
      s: [{ v: d, id: hostileText(random), at: 9, start: i, current: 5, total: 9 }],
      l: Array.from({ length: 3 }, () => ({ v: d, at: 10, text: hostileBytes(random) })),
      w: [{
        v: d,
        short: hostileText(random),
        detail: [hostileText(random)],
        url: hostileText(random),
        file: [hostileText(random), hostileText(random), 1],
      }],
    });
    const error = random(2) === 0 ? hostileText(random) : "";
    yield message({ v: [{ d, name: hostileText(random), start: i, stop: 99, error }] });
  }
}

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);

for (const mode of ["plain", "tty", "quiet", "rawjson"] as const) {
  Deno.test(`a hostile daemon moves no cursor: progress ${mode}`, () => {
    for (const seed of SEEDS) {
      const random = seededBelow(seed);
      const { output, bytes } = terminal();
      const progress = startProgress({
        mode,
        out: output,
        size: () => ({ columns: 60, rows: 12 }),
        env: (name) => name === "TTY_DISPLAY_RATE" ? "0" : undefined,
        title: hostileText(random),
        label: hostileText(random),
        expandWarnings: random(2) === 0,
      });
      for (const status of hostileBuild(random)) progress.update(status);
      if (mode === "plain") {
        // Our own line of that text would begin with `#1 #1`.
        const lines = new TextDecoder().decode(bytes()).split("\n");
        assert.deepEqual(
          lines.filter((line) => line.startsWith("#1 [auth] x")),
          [],
          `seed ${seed}`,
        );
      }
      progress.note(hostileText(random));
      progress.finish({ error: new Error("x") }, [hostileText(random)]);
      check(bytes(), `seed ${seed}`, mode === "tty");
    }
  });
}

Deno.test("a hostile daemon moves no cursor: the line of a connection", () => {
  for (const seed of SEEDS) {
    const random = seededBelow(seed);
    const { output, bytes } = terminal();
    const line = waitLine(output);
    const wait = waiting(0);
    wait.step("connect", hostileText(random));
    line.show(hostileText(random), wait)();
    line[Symbol.dispose]();
    check(bytes(), `seed ${seed}`, true);
  }
});

Deno.test("random bytes and texts, cut anywhere, through the output itself", async () => {
  for (const seed of SEEDS) {
    const random = seededBelow(1000 + seed);
    const { output, bytes } = terminal();
    for (let i = 0; i < 40; i++) {
      const piece = hostileBytes(random);
      if (random(2) === 0) output.write(new TextDecoder().decode(piece));
      else await output.writeBytes(piece);
    }
    check(bytes(), `seed ${seed}`);
  }
});

Deno.test("commands whose daemon, store and arguments are hostile", async () => {
  for (const seed of SEEDS.slice(0, 20)) {
    const random = seededBelow(2000 + seed);
    using store = tempStore();
    const endpoint = `tcp://${hostileText(random)}:1`;
    store.write("instances/b", builderFile("b", { [hostileText(random)]: endpoint }));
    const daemon = fakeDaemon({
      ID: hostileText(random),
      Labels: { [hostileText(random)]: hostileText(random) },
    });
    const refused = () => Promise.reject(new Error(hostileText(random)));
    for (const connect of [() => Promise.resolve(daemon), refused]) {
      for (
        const words of [
          ["ls"],
          ["inspect", "b"],
          ["inspect", hostileText(random)],
          ["du", "--builder", hostileText(random)],
          [hostileText(random)],
          ["build", `--${hostileText(random)}`],
        ]
      ) {
        const out = terminal();
        const err = terminal();
        const env = { BUILDX_CONFIG: store.path, DOCKER_HOST: "unix:///nowhere/s" };
        const options = { env, connect: connect as never };
        await runProgram(fakeDeps(words, options, out.output, err.output), commands);
        check(out.bytes(), `seed ${seed}, ${words}`);
        check(err.bytes(), `seed ${seed}, ${words}`, true);
      }
    }
  }
});
