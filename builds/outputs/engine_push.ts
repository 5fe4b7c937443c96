import { nodeEngine } from "../../builders/engine_traits.ts";
import { parseReference, withDefaultTag } from "../../buildkit/registry/reference.ts";
import { pushImage } from "../../images/load/image_push.ts";
import { logins } from "../../cli/builders/logins.ts";
import type { Job, JobContext } from "../running/job.ts";
import type { Answers } from "../results/result.ts";

/**
 * Lets the engine push names that its BuildKit can't, each as a step of the build. Resolves to the
 * additional answers: the digest is the one of the manifest in the registry.
 */
export async function pushAfter(
  { build, node }: Job,
  answers: Answers,
  { deps, builder, progress }: JobContext,
): Promise<Answers> {
  const names = build.outputs.flatMap(({ pushedAfter }) => pushedAfter ?? []);
  const engine = await nodeEngine(builder, node, deps);
  const credentials = logins(deps, (line) => progress.note(`WARNING: ${line}`));
  const context = { signal: deps.signal, env: deps.env, log: () => {}, step: () => {} };
  const digests: (string | undefined)[] = [];
  for (const name of names) {
    const vertex = progress.local.start(`pushing ${name} with docker`);
    try {
      const image = withDefaultTag(parseReference(name));
      const digest = await pushImage(engine, image, await credentials.lookup(image.domain), {
        context,
        onProgress({ id, text, current, total }) {
          if (id !== "" && text === "Pushed") vertex.complete(`pushing layer ${id}`);
          else if (id !== "" && current) vertex.progress(`pushing layer ${id}`, current, total);
        },
      });
      digests.push(digest);
      vertex.done();
    } catch (error) {
      vertex.fail(error);
      throw error;
    }
  }
  const digest = digests[0];
  if (digest === undefined) return {};
  // Old engines return the image's id as its digest.
  const id = answers["containerimage.config.digest"] ?? answers["containerimage.digest"];
  return { "containerimage.digest": digest, ...id && { "containerimage.config.digest": id } };
}
