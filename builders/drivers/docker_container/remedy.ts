/**
 * The remedies for common failures of a boot in a container, by the engine's or the registry's
 * words.
 */
import { EngineError } from "../../../transports/engine/docker_engine.ts";
import { BuilderError } from "../../builder_error.ts";
import { parseReference } from "../../../buildkit/registry/reference.ts";

/** The facts about a boot that a remedy depends on. */
interface Boot {
  /** The command of the engine's client. */
  readonly program: string;
  /** The image, if it was being pulled. */
  readonly image?: string;
}

type Rule = readonly [words: RegExp, remedy: (boot: Required<Boot>) => string];

const ANYWHERE: readonly Rule[] = [
  [
    /no space left on device|disk quota exceeded/i,
    ({ program }) =>
      `the disk of the engine's machine is full: ${program} system df shows what fills it, and ` +
      `${program} system prune removes unused data`,
  ],
  [
    /unable to apply caps/i,
    () =>
      "buildkitd needs a privileged container, and this engine may not start one: the engine itself " +
      "lacks capabilities, as inside another container; use another engine",
  ],
];

const PULLS: readonly Rule[] = [
  [
    /toomanyrequests|too many requests|rate limit/i,
    (boot) =>
      `the registry limits pulls: log in (${
        loginOf(boot)
      }), wait, or take the image from another ` +
      "registry: --driver-opt image=NAME",
  ],
  [
    /authentication required|no basic auth credentials|unauthorized|denied/i,
    (boot) =>
      `the image doesn't exist, or needs a login: ${loginOf(boot)}; or use another: ` +
      "--driver-opt image=NAME",
  ],
];

/** The remedy for a failure; undefined for words that are not known. */
export function remedyFor(reason: string, { program, image }: Boot): string | undefined {
  const rules = image === undefined ? ANYWHERE : [...ANYWHERE, ...PULLS];
  return rules.find(([words]) => words.test(reason))?.[1]({ program, image: image ?? "" });
}

/** An engine's refusal with its remedy, if that is known; any other error as it is. */
export function withRemedy(error: unknown, boot: Boot): unknown {
  const hint = error instanceof EngineError ? remedyFor(error.message, boot) : undefined;
  return hint === undefined
    ? error
    : new BuilderError((error as Error).message, { hint, cause: error });
}

/** The command that logs in to the image's registry. */
function loginOf({ program, image }: Required<Boot>): string {
  const { domain } = parseReference(image);
  return `${program} login${domain === "docker.io" ? "" : ` ${domain}`}`;
}
