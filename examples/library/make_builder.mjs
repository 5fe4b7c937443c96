// deno-lint-ignore-file no-console
// Makes a builder in a container under Node 22 or Bun, asks its daemon, and removes it:
//   node make_builder.mjs NAME [IMAGE]
import { connect } from "@fairlead/fairlead";
import {
  bootBuilder,
  builderDaemons,
  createBuilder,
  removeBuilder,
} from "@fairlead/fairlead/builders";

const [name = "mine", image] = process.argv.slice(2);
const driverOptions = { network: "host", ...image && { image } };
await createBuilder({ name, driver: "docker-container", driverOptions });
try {
  await bootBuilder(name, { onStep: (line) => console.log(line) });
  for (const { node, endpoint, tls } of builderDaemons(name)) {
    const client = await connect(endpoint, { tls });
    console.log(`${node} runs BuildKit ${(await client.info())?.version}`);
    await client.close();
  }
} finally {
  await removeBuilder(name);
}
