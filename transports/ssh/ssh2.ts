/**
 * The parts of the package `ssh2` that fairlead uses; it has no types of its own. It is loaded when
 * ssh is used.
 */
import { onAbort } from "../../base/async.ts";
import type { Buffer } from "node:buffer";
import type { Duplex, Readable } from "node:stream";

export interface SshChannel extends Duplex {
  readonly stderr: Readable;
  close(): void;
}

/** The error of a channel that the server didn't open, with RFC 4254's number of the reason. */
export type ChannelError = Error & { reason?: number | string };

/** ssh2's callback for a channel that was opened, or refused. */
export type Opened = (error: ChannelError | undefined, channel: SshChannel) => void;

export interface SshClient {
  on(event: "handshake" | "ready" | "close" | "end", listener: () => void): this;
  on(event: "error", listener: (error: SshError) => void): this;
  connect(config: Record<string, unknown>): void;
  openssh_forwardOutStreamLocal(path: string, opened: Opened): void;
  forwardOut(fromHost: string, fromPort: number, host: string, port: number, opened: Opened): void;
  exec(command: string, opened: Opened): void;
  end(): void;
  destroy(): void;
}

export interface SshError extends Error {
  readonly level?: string;
  readonly code?: string | number;
}

/** A parsed key. */
export interface SshKey {
  readonly type: string;
  getPublicSSH(): Buffer;
  getPrivatePEM(): string | null;
  verify(data: Uint8Array, signature: Uint8Array, hash?: string): boolean | Error;
}

export interface Ssh2 {
  readonly Client: new () => SshClient;
  readonly utils: {
    parseKey(text: string, passphrase?: string): SshKey | SshKey[] | Error;
  };
}

/**
 * Opens a channel. Rejects with ssh2's error, or with the signal's reason.
 * @param open passes the callback to ssh2
 * @param prepare is called in the same turn, before anything can come on the channel
 */
export async function openChannel<T>(
  signal: AbortSignal,
  open: (opened: Opened) => void,
  prepare: (channel: SshChannel) => T,
): Promise<T> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // ssh2 may throw at once: then nothing awaits the promise.
  promise.catch(() => {});
  using _ = onAbort(signal, () => reject(signal.reason));
  open((error, channel) => {
    if (error !== undefined) return reject(error);
    // After an abort, nothing else would close the channel.
    if (signal.aborted) channel.close();
    else resolve(prepare(channel));
  });
  return await promise;
}

export async function loadSsh2(): Promise<Ssh2> {
  return (await import("ssh2")).default as Ssh2;
}
