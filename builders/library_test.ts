import { rejects } from "node:assert/strict";
import { tempStore } from "../tests/commands/temp_store.ts";
import { recordingEngine } from "../tests/drivers/recording_engine.ts";
import { bootBuilder, createBuilder } from "./library.ts";

Deno.test("the library boots no image of BuildKit that a policy wants to see first", async () => {
  using temp = tempStore();
  await using engine = recordingEngine(`${temp.path}/s`);
  const boot = async (policy: string, driverOptions = {}) => {
    const all: Record<string, string> = {
      ...temp.env,
      ...{ DOCKER_HOST: engine.host, BUILDX_DEFAULT_POLICY: policy },
    };
    const options = { env: (name: string) => all[name] };
    const name = `b${Object.keys(driverOptions).length}${policy}`;
    await createBuilder({ name, driver: "docker-container", driverOptions }, options);
    await bootBuilder(name, options);
  };
  await rejects(boot("1"), {
    name: "BuilderError",
    message:
      /^failed to verify image docker\.io\/moby\/buildkit:buildx-stable-1@sha256:.* no images/,
    hint: /allow-untrusted-image=true/,
  });
  // The engine refuses to start what was made.
  await rejects(boot("0"), /nothing is started here/);
  await rejects(boot("1", { "allow-untrusted-image": "true" }), /nothing is started here/);
});
