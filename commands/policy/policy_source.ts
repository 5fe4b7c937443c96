import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";
import { parseReference } from "../../buildkit/registry/reference.ts";
import { isGit, isHttp } from "../../builds/spec/remote.ts";
import type { Source } from "../../policies/source_meta.ts";

/**
 * A source as `policy eval` takes it: `docker-image://REF`, `git://…`, an http URL (one of a git
 * repository is git), else a local path. Throws `UsageError`.
 */
export async function policySource(text: string): Promise<Source> {
  const image = /^docker-image:\/\/(.*)$/s.exec(text)?.[1];
  if (image !== undefined) return imageSource(image);
  if (text.startsWith("git://")) return { identifier: text };
  if (isHttp(text)) {
    return isGit(text)
      ? { identifier: `git://${text}`, attrs: { "git.fullurl": text } }
      : { identifier: text };
  }
  try {
    await Deno.stat(text);
  } catch (error) {
    throw new UsageError(
      `invalid local path ${text}: stat ${text}: ${osReason(error)}`,
      "name a local path, docker-image://NAME, git://HOST/REPOSITORY or a URL",
    );
  }
  return { identifier: "local://context" };
}

function imageSource(name: string): Source {
  try {
    const { domain, path, tag, digest } = parseReference(name);
    const suffix = (tag && `:${tag}`) + (digest && `@${digest}`) || ":latest";
    return { identifier: `docker-image://${domain}/${path}${suffix}` };
  } catch (error) {
    throw new UsageError(
      `failed to parse image source reference: ${(error as Error).message}`,
      "for example: docker-image://alpine:3.20",
    );
  }
}
