import { deepEqual, throws } from "node:assert/strict";
import { tempFolder } from "../../tests/harness/temp_folder.ts";
import { BuilderError } from "../builder_error.ts";
import { readDaemonConfig } from "./config_files.ts";

/** `PATH` in a message stands for the file's own. */
const mistakes: readonly [text: string, message: string][] = [
  ["a = 1\nb = [1,\nc = \n", "PATH: line 3, column 1: invalid value"],
  ["a = 1\na = 2\n", "PATH: line 2, column 1: trying to redefine an already defined"],
  ['root = "/x"\n  debug = "yes"\n', "PATH: line 2, column 3: debug must be true or false"],
  ["worker.oci.gc = 1", "PATH: line 1, column 1: worker.oci.gc must be true or false"],
  [
    '[worker.oci]\nreservedSpace = "much"',
    'oci.reservedSpace must be a size, like "10GB" or "20%"',
  ],
  ['history = { maxAge = "2 days" }', 'PATH: history.maxAge must be a time, like "48h"'],
  ['registry = "x"', "PATH: line 1, column 1: registry must be a table"],
  ['[registry."r.io"]\nmirrors = "m.io"\n', 'registry."r.io".mirrors must be a list'],
  // The key is set twice, so no line is named.
  ["[dns]\noptions = [1]\n[other]\noptions = 2\n", "PATH: dns.options must be a text"],
];

for (const [text, message] of mistakes) {
  Deno.test(`a daemon's configuration is refused: ${JSON.stringify(text)}`, () => {
    using folder = tempFolder();
    folder.write("c.toml", text);
    const path = `${folder.path}/c.toml`;
    throws(() => readDaemonConfig(path), (error) => {
      const expected = message.replace("PATH", path);
      return error instanceof BuilderError && error.message.includes(expected);
    });
  });
}

Deno.test("a daemon's configuration is copied with its certificates, and what is unknown is kept", () => {
  using folder = tempFolder();
  folder.write("ca.pem", "the CA");
  const text = `Debug = true\nnewer = { a = 1979-05-27 }\n[registry."r.io:5/x y"]\n` +
    `ca = ["${folder.path}/ca.pem"]\nhttp = true\n`;
  folder.write("c.toml", text);
  const { files } = readDaemonConfig(`${folder.path}/c.toml`);
  const read = ([path, base64]: [string, string]) => [path, atob(base64)];
  deepEqual(Object.fromEntries(Object.entries(files).map(read)), {
    "certs/r.io_5_x_y/ca.pem": "the CA",
    "buildkitd.toml": "Debug = true\n\n[newer]\na = 1979-05-27\n\n" +
      '[registry."r.io:5/x y"]\nca = [ "/etc/buildkit/certs/r.io_5_x_y/ca.pem" ]\nhttp = true\n',
  });
});
