/** A registry client on a real registry, and content to send. */
import type { Descriptor } from "../../buildkit/registry/descriptor.ts";
import { sha256Of } from "../../buildkit/registry/digest.ts";
import type { RegistryConfig } from "../../buildkit/registry/hosts.ts";
import {
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../buildkit/registry/reference.ts";
import { openRegistries, type Registries } from "../../buildkit/registry/registry.ts";
import type { Credential, CredentialSource } from "../../buildkit/session/logins/credentials.ts";
import { randomBytes } from "../harness/random.ts";

export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const ref = (text: string): Reference => withDefaultTag(parseReference(text));

/** A login for every registry, or none. */
function always(credential?: Credential): CredentialSource {
  return {
    lookup: () => Promise.resolve(credential),
    has: () => Promise.resolve(credential !== undefined),
  };
}

export interface ClientOptions {
  readonly login?: Credential;
  readonly configs?: Readonly<Record<string, RegistryConfig>>;
  readonly signal?: AbortSignal;
  readonly patience?: number;
}

export function client(options: ClientOptions = {}): Registries {
  return openRegistries({
    credentials: always(options.login),
    configs: new Map(Object.entries(options.configs ?? {})),
    signal: options.signal ?? new AbortController().signal,
    ...options.patience !== undefined && { patience: options.patience },
  });
}

async function content(mediaType: string, bytes: Uint8Array): Promise<Content> {
  const copy = new Uint8Array(bytes);
  return {
    descriptor: { mediaType, digest: await sha256Of(copy), size: copy.length },
    bytes: copy,
  };
}

export async function json(mediaType: string, value: unknown): Promise<Content> {
  return await content(mediaType, new TextEncoder().encode(JSON.stringify(value)));
}

export function blob(size: number): Promise<Content> {
  return content("application/vnd.oci.image.layer.v1.tar", randomBytes(size));
}

/** An image with one layer, which is pushed under a name. Gives its manifest. */
export async function pushImage(
  registries: Registries,
  name: string,
  { platform = "amd64", layer = 100 }: { platform?: string; layer?: number } = {},
): Promise<Content> {
  const to = registries.writer(ref(name));
  const config = await json("application/vnd.oci.image.config.v1+json", {
    ...{ architecture: platform, os: "linux", config: {} },
    rootfs: { type: "layers", diff_ids: [] },
  });
  const data = await blob(layer);
  for (const { descriptor, bytes } of [config, data]) {
    await to.putBlob(descriptor, () => Promise.resolve(new Blob([bytes]).stream()));
  }
  const manifest = await json("application/vnd.oci.image.manifest.v1+json", {
    ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json" },
    ...{ config: config.descriptor, layers: [data.descriptor] },
  });
  await to.putManifest(manifest.descriptor, manifest.bytes, ref(name).tag);
  return manifest;
}
