/**
 * The parts of the package `ssh2` that fairlead uses; it has no types of its own. It is loaded when
 * ssh is used.
 */
import type { Buffer } from "node:buffer";
import type { Duplex, Readable } from "node:stream";

export interface SshChannel extends Duplex {
  readonly stderr: Readable;
  close(): void;
}

type Opened = (error: (Error & { reason?: number | string }) | undefined, ch: SshChannel) => void;

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

export async function loadSsh2(): Promise<Ssh2> {
  return (await import("ssh2")).default as Ssh2;
}
