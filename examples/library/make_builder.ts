// deno-lint-ignore-file no-console
// Makes a builder in a container, asks its daemon, and removes it: make_builder.ts NAME [IMAGE]
import { connect } from "fairlead";
import {
  bootBuilder,
  builderDaemons,
  createBuilder,
  removeBuilder,
  stopBuilder,
} from "fairlead/builders";

const [name = "mine", image] = Deno.args;
const driverOptions = { network: "host", ...image && { image } };
await createBuilder({ name, driver: "docker-container", driverOptions });
try {
  await bootBuilder(name, { onStep: (line) => console.log(line) });
  for (const { node, endpoint, tls } of builderDaemons(name)) {
    const client = await connect(endpoint, { tls });
    console.log(`${node} runs BuildKit ${(await client.info())?.version}`);
    await client.close();
  }
  await stopBuilder(name);
} finally {
  await removeBuilder(name);
}
