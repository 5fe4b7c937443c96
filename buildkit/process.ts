/**
 * A process in a container of the gateway API: one stream of ExecMessages. The daemon takes the
 * messages of a stream one by one, and waits with the next until the program has read its input. So
 * each process has its own stream, and HTTP/2's flow control slows down the faster side.
 */
import { ExecMessage, type InitMessage } from "../proto/gen/gateway_containers.ts";
import { Meta } from "../proto/gen/steps.ts";
import type { SecretEnv } from "../proto/gen/steps_types.ts";
import { messageOf } from "../proto/message_of.ts";
import { newId } from "../base/identity.ts";
import type { ClientCall } from "./grpc/channel.ts";
import { decode } from "./grpc/call.ts";
import { Code, RpcError } from "./grpc/status.ts";

/** A program to run. */
export interface ProcessOptions {
  /** The program and its arguments. */
  readonly args: readonly string[];
  /** The environment, `NAME=value`. The daemon adds PATH, and TERM for a terminal. */
  readonly env?: readonly string[];
  /** The working folder; by default `/`. */
  readonly cwd?: string;
  /** `name`, `uid` or `uid:gid`; by default root. */
  readonly user?: string;
  /** The program gets a terminal, on which both outputs come as the first. */
  readonly tty?: boolean;
  /** 1 for a privileged one. */
  readonly security?: number;
  /** Secrets of the session that the environment gets. */
  readonly secretEnv?: readonly SecretEnv[];
  /** The program has an input; by default it is empty. */
  readonly stdin?: boolean;
  /**
   * Receives the output, of descriptor 1 or 2. Nothing more is taken from the daemon until the
   * returned promise settles.
   */
  readonly onOutput: (descriptor: number, bytes: Uint8Array) => void | Promise<void>;
}

/** A running program. */
export interface Process {
  /** Sends input. Resolves when more may be sent. What comes after the program's end is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the input. */
  closeStdin(): void;
  /** Tells the program's terminal its size, in characters. */
  resize(columns: number, rows: number): void;
  /**
   * Sends a signal by its name without SIG: `INT`. A daemon without `gateway.exec.signals` fails.
   */
  signal(name: string): void;
  /**
   * Resolves to the exit code, after the last output. Rejects when the program could not be run.
   */
  readonly exit: Promise<number>;
  /** Gives the stream up. The program itself ends with its container. */
  cancel(): void;
}

/** The exit code that the daemon reports for a program without one. It may never have run. */
const UNKNOWN_CODE = 255;
/** Input is cut into pieces of this size, and no more than two of them wait here. */
const PIECE = 32 << 10;

/**
 * Starts a program. Rejects with the daemon's error. A program that isn't there has runc's message
 * as its output, and 1 as its exit code.
 */
export async function startProcess(
  call: ClientCall,
  ContainerID: string,
  options: ProcessOptions,
): Promise<Process> {
  const ProcessID = `${ContainerID}:${newId()}`;
  const { args, env = [], cwd = "", user = "", tty = false, security = 0, stdin = false } = options;
  const started = Promise.withResolvers<void>();
  const exit = Promise.withResolvers<number>();
  exit.promise.catch(() => {});
  let inputEnded = !stdin;
  let code: number | undefined;
  let failure: RpcError | undefined;

  const send = (Input: NonNullable<ExecMessage["Input"]>) =>
    call.send(ExecMessage.encode({ ProcessID, Input }).finish());
  const closeStdin = () => {
    if (inputEnded) return;
    inputEnded = true;
    send({ $case: "File", File: { Fd: 0, EOF: true, Data: new Uint8Array(0) } });
  };
  const settle = (error?: unknown) => {
    inputEnded = true;
    call.endSend();
    const reason = failure ?? error ??
      (code === undefined ? new RpcError(Code.INTERNAL, "the process ended unseen") : undefined);
    if (code !== undefined && failure === undefined) exit.resolve(code);
    else exit.reject(reason);
    started.reject(reason);
  };

  const init: InitMessage = {
    ContainerID,
    Meta: messageOf(Meta, { args: [...args], env: [...env], cwd, user }),
    Fds: stdin ? [0, 1, 2] : [1, 2],
    Tty: tty,
    Security: security,
    secretenv: [...options.secretEnv ?? []],
  };
  send({ $case: "Init", Init: init });
  call.receive((bytes) => {
    const { Input } = decode(ExecMessage, bytes, "ExecProcess");
    switch (Input?.$case) {
      case "Started":
        return started.resolve();
      case "File":
        if (Input.File.Data.length === 0) return;
        // The message's own bytes are reused as soon as this returns.
        return options.onOutput(Input.File.Fd, Input.File.Data.slice());
      case "Exit": {
        const { Code: exitCode, Error: status } = Input.Exit;
        code = exitCode;
        if (exitCode === UNKNOWN_CODE && status && !/exit code: 255$/.test(status.message)) {
          failure = new RpcError(status.code, status.message, { details: status.details });
        }
        // The last message comes after the end of the input.
        return closeStdin();
      }
      case "Done":
        call.endSend();
        return;
    }
  }).then(() => settle(), settle);
  await started.promise;
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length && !inputEnded; at += PIECE) {
        const Data = bytes.subarray(at, at + PIECE);
        send({ $case: "File", File: { Fd: 0, EOF: false, Data } });
        // The call's end is the caller's to see in `exit`.
        await call.drained(2 * PIECE).catch(() => {});
      }
    },
    closeStdin,
    resize: (Cols, Rows) => send({ $case: "Resize", Resize: { Cols, Rows } }),
    signal: (Name) => send({ $case: "Signal", Signal: { Name } }),
    exit: exit.promise,
    cancel: () => call.cancel(),
  };
}
