/** Drivers that make the daemons of their builders: boot, stop, and remove them. */
import type { CredentialSource } from "../../buildkit/session/logins/credentials.ts";
import type { DialContext } from "../../transports/transport.ts";
import type { StoredNode } from "../store/node_group.ts";

/** Shows the parts of a boot, such as a pull. A vertex of a build's progress is one. */
export interface BootSteps {
  /** Shows a part: `current` of `total` bytes, both 0 where nothing is counted. */
  progress(id: string, current: number, total?: number): void;
  /** Shows that a part is done. */
  complete(id: string): void;
  /** Shows output; the caller ends its lines. */
  log(text: string): void;
}

/** An image of BuildKit that a container is about to run. */
export interface BuilderImage {
  /** `docker.io/moby/buildkit:TAG@DIGEST`, as the engine has it. */
  readonly reference: string;
  readonly platform: { readonly os: string; readonly architecture: string };
  /** The endpoint of a BuildKit that can ask the image's registry. */
  readonly endpoint: string;
}

/**
 * Resolves to the digest that the reference has in its registry. Rejects with the reason against
 * it.
 */
export type VerifyImage = (image: BuilderImage) => Promise<string>;

/** The surroundings of a boot. */
export interface MakeContext extends DialContext {
  readonly steps: BootSteps;
  /** The user's logins for registries, which the image is pulled with. */
  readonly credentials: CredentialSource;
  /** Verifies images of BuildKit's own repository; undefined: any image will do. */
  readonly verifyImage?: VerifyImage | undefined;
}

/** A description of the objects that a driver would make for a node, for `create --dry-run`. */
export type Plan = readonly Readonly<Record<string, unknown>>[];

/**
 * Makes the daemons of one driver. Methods throw `BuilderError`, `DialError`, or the signal's
 * reason.
 */
export interface Maker {
  /** The form in which `create --dry-run` prints plans. With `yaml`, each object is a document. */
  readonly planForm: "json" | "yaml";
  /** Checks a node's options, before anything is stored. */
  check(node: StoredNode): void;
  /** Describes what `boot` would make. */
  plan(node: StoredNode, context: DialContext): Promise<Plan>;
  /** Starts a node's daemon, which is made before where it is missing; resolves when it answers. */
  boot(node: StoredNode, context: MakeContext): Promise<void>;
  /** Describes what is there of a node's daemon, without asking the daemon. */
  examine(node: StoredNode, context: DialContext): Promise<MadeState>;
  /** Stops a node's daemon if it runs. */
  stop(node: StoredNode, context: DialContext): Promise<void>;
  /**
   * Removes what `boot` made; with `keepState` the daemon's cache stays. Resolves to a remark for
   * the user on what else stays, a sentence without full stop.
   */
  remove(
    node: StoredNode,
    options: RemoveOptions,
    context: DialContext,
  ): Promise<string | undefined | void>;
}

/** The state of the container or the pods of a node, for `doctor`. */
export interface MadeState {
  /** `container` or `pods`. */
  readonly what: string;
  /** One line, which the lines in `more` follow. */
  readonly text: string;
  readonly more: readonly string[];
  /** False if something needs the user's attention. */
  readonly isWell: boolean;
  /** Why the daemon doesn't answer, and the remedy, in one line; undefined if that isn't known. */
  readonly why?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RemoveOptions {
  readonly keepState: boolean;
}

/** Shows a part of a boot while `work` runs. */
export async function step<T>(
  { steps }: Pick<MakeContext, "steps">,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  steps.progress(name, 0);
  try {
    return await work();
  } finally {
    steps.complete(name);
  }
}
