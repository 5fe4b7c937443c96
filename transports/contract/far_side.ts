import type { ByteStream } from "../byte_stream.ts";
import type { Connection } from "../transport.ts";

/**
 * The program at the other end of a transport, as the cases of the contract need it. The
 * conformance kit has a real daemon there. The tests have a peer that they command.
 */
export interface FarSide {
  /** Opens one connection. */
  dial(signal?: AbortSignal): Promise<Connection>;
  /**
   * Exchanges bytes over a connection that `dial` makes, compares them, and closes it.
   * @param ms the time limit of each part, in milliseconds; default `PATIENCE`
   */
  exchange(dial: () => Promise<Connection>, ms?: number): Promise<void>;
  /** A connection on which each side has read the other's first bytes. We end it first. */
  greeted(): Promise<ByteStream>;
  /** A connection whose far side soon ends its writing. */
  ending(): Promise<ByteStream>;
  /** A connection that the far side closes when bytes come, without reading all of them. */
  resetting(): Promise<ByteStream>;
}

/** A case. Rejects if the transport fails it. */
export type ContractCase = (far: FarSide) => Promise<void>;
