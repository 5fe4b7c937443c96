/** Programs, by `node:child_process`. */
import * as child_process from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import process from "node:process";
import { Readable, Writable } from "node:stream";
import { errors } from "./errors.ts";

type Stdio = "piped" | "null" | "inherit";

interface CommandOptions {
  args?: string[];
  cwd?: string;
  env?: Record<string, string>;
  clearEnv?: boolean;
  stdin?: Stdio;
  stdout?: Stdio;
  stderr?: Stdio;
  detached?: boolean;
  signal?: AbortSignal;
}

/** A program to start. */
export class Command {
  #program: string;
  #options: CommandOptions;

  constructor(program: string | URL, options: CommandOptions = {}) {
    this.#program = String(program);
    this.#options = options;
  }

  spawn() {
    const { args = [], cwd, env, clearEnv, stdin, stdout, stderr, detached, signal } =
      this.#options;
    // Node reports a missing program a moment later; Deno reports it at once.
    if (!isProgram(this.#program)) {
      throw Object.assign(new errors.NotFound(`no program ${this.#program}`), { code: "ENOENT" });
    }
    const stdio = [stdin, stdout, stderr].map((one = "inherit") =>
      one === "piped" ? "pipe" : one === "null" ? "ignore" : "inherit"
    );
    const child = child_process.spawn(this.#program, args, {
      ...{ cwd, stdio: stdio as child_process.StdioOptions, detached: detached ?? false },
      env: clearEnv ? env ?? {} : { ...process.env, ...env },
    });
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    signal?.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
    const status = new Promise<{ success: boolean; code: number; signal: string | null }>(
      (resolve) =>
        child.once("close", (code, signal) => {
          const number = code ?? 128 + (signal ? os.constants.signals[signal] : 0);
          resolve({ success: number === 0, code: number, signal });
        }),
    );
    const bytes = (stream: Readable | null) => stream && bytesOf(stream);
    const [out, err] = [bytes(child.stdout), bytes(child.stderr)];
    return {
      pid: child.pid ?? 0,
      stdin: child.stdin && Writable.toWeb(child.stdin),
      stdout: out,
      stderr: err,
      status,
      kill(name: NodeJS.Signals = "SIGTERM") {
        if (!child.kill(name)) throw new TypeError("Child process has already terminated");
      },
      ref: () => child.ref(),
      unref: () => child.unref(),
      async output() {
        const [stdout, stderr] = await Promise.all(
          [out, err].map(async (stream) =>
            stream ? new Uint8Array(await new Response(stream).arrayBuffer()) : new Uint8Array()
          ),
        );
        return { ...await status, stdout, stderr };
      },
    };
  }
  output() {
    const [stdout, stderr] = [this.#options.stdout ?? "piped", this.#options.stderr ?? "piped"];
    const options = { stdin: "null" as const, ...this.#options, stdout, stderr };
    return new Command(this.#program, options).spawn().output();
  }
}

/** A stream of bytes, which also reads into a buffer of the reader's. */
function bytesOf(stream: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = stream[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (!done) return controller.enqueue(new Uint8Array(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => void stream.destroy(),
  });
}

function isProgram(program: string): boolean {
  const places = program.includes("/")
    ? [program]
    : (process.env["PATH"] ?? "").split(process.platform === "win32" ? ";" : ":")
      .flatMap((folder) => [`${folder}/${program}`, `${folder}/${program}.exe`]);
  return places.some((path) => fs.existsSync(path));
}
