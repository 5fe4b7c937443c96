/**
 * Loads an image into containerd itself: the daemon writes blobs through a content store of the
 * session, and each call is passed on to containerd's store. A blob that is already there is not
 * sent again.
 *
 * containerd deletes blobs that nothing refers to. A lease keeps the written blobs until the image
 * has its name; then labels on each manifest and index refer to their parts.
 */
import { errorText } from "../../../base/error_text.ts";
import { DialError } from "../../../transports/errors.ts";
import type { DialContext } from "../../../transports/transport.ts";
import type { Handler } from "../../../buildkit/grpc/call.ts";
import { ConnectionLostError } from "../../../buildkit/http2/errors.ts";
import { SilenceError } from "../../../buildkit/silence.ts";
import { OutputError } from "../../../buildkit/session/output_sink.ts";
import { BuilderError } from "../../../builders/builder_error.ts";
import { type Containerd, dialContainerd } from "./client.ts";
import { holdChildren, nameImage } from "./images.ts";
import { relayTo } from "./relay.ts";
import { causesOf } from "../../../base/causes.ts";
import { type Descriptor, exportedDescriptor } from "../../../buildkit/registry/descriptor.ts";

/** The address of containerd. */
export interface ContainerdAddress {
  /** The path of the socket. */
  readonly socket: string;
  readonly namespace: string;
}

/** Takes one image. */
export interface ImageStore {
  /** Answers the daemon's calls to the content store. */
  readonly relay: Handler;
  /** Names the image after a successful build. Rejects with an `OutputError`. */
  commit(answers: Readonly<Record<string, string>>): Promise<void>;
  /** Releases the written blobs after a failed build. Never rejects. */
  discard(): Promise<void>;
}

/** Connects to containerd before the build begins. Throws `BuilderError`. */
export async function openContainerd(
  address: ContainerdAddress,
  context: DialContext,
): Promise<ImageStore> {
  try {
    (await dialContainerd(address, context)).close();
  } catch (error) {
    context.signal.throwIfAborted();
    throw new BuilderError(`cannot load the image into containerd: ${(error as Error).message}`, {
      hint: error instanceof DialError && error.code === "denied"
        ? "its socket usually belongs to root"
        : "start containerd, or name its socket by socket=PATH or CONTAINERD_ADDRESS",
      cause: error,
    });
  }
  let opened: Promise<Containerd> | undefined;
  const open = () => opened ??= dialContainerd(address, context);
  const end = async () => {
    const containerd = await opened?.catch(() => undefined);
    opened = undefined;
    await containerd?.release().catch(() => {});
    containerd?.close();
  };
  return {
    async relay(call) {
      try {
        await relayTo(await (await open()).leased(), call);
      } catch (error) {
        // The daemon handles containerd's errors; a lost containerd is handled here.
        const cause = lossIn(error);
        if (cause === undefined || context.signal.aborted) throw error;
        const problem = cause instanceof SilenceError
          ? `was lost: ${cause.message}`
          : "dropped the connection";
        throw new OutputError(
          `cannot load the image into containerd: containerd at ${address.socket} ${problem}`,
          { cause: error },
        );
      }
    },
    async commit(answers) {
      try {
        const containerd = await open();
        const { target, names } = imageOf(answers);
        await holdChildren(await containerd.leased(), target);
        for (const name of names) await nameImage(containerd, name, target);
      } catch (error) {
        context.signal.throwIfAborted();
        const reason = errorText(error);
        throw new OutputError(`cannot load the image into containerd: ${reason}`, { cause: error });
      } finally {
        await end();
      }
    },
    discard: end,
  };
}

/** The error of the connection to containerd; undefined while it works. */
function lossIn(error: unknown): Error | undefined {
  for (const cause of causesOf(error)) {
    if (cause instanceof ConnectionLostError) {
      return cause.cause instanceof Error ? cause.cause : cause;
    }
    if (cause instanceof DialError || cause instanceof SilenceError) return cause;
  }
  return undefined;
}

/** The exporter's answer: the image, and its names; its digest if it has none. */
function imageOf(
  answers: Readonly<Record<string, string>>,
): { target: Descriptor; names: readonly string[] } {
  const target = exportedDescriptor(answers);
  if (target === undefined) throw new OutputError("the daemon sent no descriptor of it");
  const names = answers["image.name"];
  return { target, names: names ? names.split(",") : [`import@${target.digest}`] };
}
