/**
 * Adapts a build to the BuildKit inside a Docker engine. A special exporter, `moby`, puts images
 * into the engine. With the engine's older image store, there are few other exporters, no caches
 * and only one platform. The rules and messages are those of buildx's docker driver.
 */
import { isTrueAttr } from "../nodes/split.ts";
import type { EngineTraits } from "../../builders/engine_traits.ts";
import { DEFAULT_PROVENANCE, type Typed } from "../../buildkit/solve_request.ts";
import type { Output } from "../spec/output.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { EngineOutput } from "./engine.ts";
import { attests } from "../spec/frontend_options.ts";

/** A build as its author described it. */
export interface Wanted {
  readonly outputs: readonly Output[];
  /** The frontend's attributes. */
  readonly attrs: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cacheTo: readonly Typed[];
  readonly platforms: number;
  readonly pull: boolean;
  /** The author named no output. */
  readonly byDefault: boolean;
  /** The docker context of the builder's engine. */
  readonly context: string;
}

/** The same build, in a form that the engine supports. */
export interface Fitted {
  readonly outputs: readonly EngineOutput[];
  readonly attrs: Readonly<Record<string, string>>;
}

/** Throws `UsageError` for options that the engine can't fulfil. */
export function fitToEngine({ containerd }: EngineTraits, wanted: Wanted): Fitted {
  const { platforms } = wanted;
  const asksAttestations = attests(wanted.attrs);
  if (!containerd) {
    if (wanted.cacheTo.some(({ type }) => type !== "inline")) {
      throw unsupported("Cache export", "build-cache-backends");
    }
    if (asksAttestations) throw unsupported("Attestation", "attestations");
    refuseIndexAnnotations(wanted);
  }
  const index = platforms > 1 || asksAttestations;
  const outputs = wanted.outputs.map((output) =>
    outputInside(output, { containerd, index, wanted })
  );
  if (platforms > 1 && !containerd) {
    throw unsupported("Multi-platform build", "build-multi-platform");
  }
  const attrs = { ...wanted.attrs };
  if (!containerd && attrs["attest:provenance"] === DEFAULT_PROVENANCE) {
    delete attrs["attest:provenance"];
  }
  // An image in the engine goes before the registry's, unless --pull is given.
  if (!wanted.pull) attrs["image-resolve-mode"] = "local";
  return { outputs, attrs };
}

interface EngineCase {
  readonly containerd: boolean;
  /** The result has several manifests. */
  readonly index: boolean;
  readonly wanted: Wanted;
}

function outputInside(output: Output, { containerd, index, wanted }: EngineCase): EngineOutput {
  const { type, attrs, target } = output;
  if (type === "oci" && !containerd) throw unsupported("OCI exporter", "build-exporters");
  const moby = target.to === "engine" && target.program === "docker";
  if (type === "docker" && !moby) {
    if (index) {
      throw new UsageError(
        "docker exporter does not support exporting manifest lists, use the oci exporter instead",
      );
    }
    if (!containerd) throw unsupported("Docker exporter", "build-exporters");
  }
  if (moby) {
    if (target.context !== undefined && target.context !== wanted.context) {
      throw new UsageError(
        `cannot load into the engine of context ${target.context}: the builder is part of another ` +
          "engine, and its images stay there",
        "leave context out, or choose that context's builder",
      );
    }
    if (index && !containerd && !wanted.byDefault) {
      throw new UsageError("docker exporter does not currently support exporting manifest lists");
    }
  } else if (type !== "image") return output;
  const push = isTrueAttr(attrs["push"]);
  if (push && isTrueAttr(attrs["push-by-digest"])) {
    throw new UsageError(
      "push-by-digest is currently not implemented for docker driver, please create a new builder instance",
    );
  }
  const { context: _, ...rest } = attrs;
  return {
    type: "moby",
    attrs: containerd ? { ...rest, "prefer-image-digest": "true" } : rest,
    target: { to: "daemon" },
    // The engine pushes after the build, because its BuildKit can't.
    ...push && !containerd && { pushedAfter: (attrs["name"] ?? "").split(",") },
  };
}

function refuseIndexAnnotations({ annotations, outputs }: Wanted): void {
  if (!outputs.some(({ type }) => type === "image" || type === "docker")) return;
  if (Object.keys(annotations).some((key) => /^annotation-index(-descriptor)?[[.]/.test(key))) {
    throw new UsageError("index annotations not supported for single platform export");
  }
}

/** buildx's text, on three lines. */
function unsupported(feature: string, page: string): UsageError {
  return new UsageError(
    `${feature} is not supported for the docker driver.\n` +
      "Switch to a different driver, or turn on the containerd image store, and try again.\n" +
      `Learn more at https://docs.docker.com/go/${page}/`,
  );
}
