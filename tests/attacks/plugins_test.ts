/**
 * Plugins that another user of this machine could exchange: each part of the path, each link, each
 * file that a module imports, and the interpreter of a script. Nothing of them is run.
 */
import assert from "node:assert/strict";
import { createPlugins } from "../../transports/external.ts";
import { createRegistry } from "../../transports/registry.ts";
import { DialError, EndpointError } from "../../transports/errors.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { context } from "../transports/contract_help.ts";

const STRANGER = 12345;
const ignore = skip(needsRoot());
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** Files and links around the plugin `a/b/plugins/fairlead-transport-x`, below the root. */
interface Layout {
  readonly files: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** The plugin; default: the file of that name. */
  readonly plugin?: string;
}

const PLUGIN = "a/b/plugins/fairlead-transport-x";
const SCRIPT = "#!/bin/sh\ntouch ROOT/ran\n";
const MODULE = `Deno.writeTextFileSync("ROOT/ran", "");\nexport default {};\n`;

const program: Layout = { files: { [PLUGIN]: SCRIPT } };
const linked: Layout = {
  files: { "real/deep/plugin": SCRIPT },
  links: { [PLUGIN]: "ROOT/via/deep/plugin", via: "real" },
};
const module = (imports: string, files: Record<string, string> = { "lib/one.js": MODULE }) => ({
  files: { [`${PLUGIN}.js`]: `${imports}\n${MODULE}`, ...files },
  plugin: `${PLUGIN}.js`,
});
const interpreted: Layout = { files: { [PLUGIN]: "#!ROOT/bin/shell -e\n", "bin/shell": SCRIPT } };

/** The layout, what is tampered with, and how the refusal names it. */
const attacks: [title: string, layout: Layout, at: string, named: RegExp][] = [
  ["the plugin", program, PLUGIN, /: it /],
  ["its folder", program, "a/b/plugins", /its folder \S+\/a\/b\/plugins /],
  ["its folder's parent", program, "a/b", /its folder \S+\/a\/b /],
  ["a folder higher up", program, "a", /its folder \S+\/a /],
  ["the folder at the top", program, "", /its folder \S+ /],
  ["a link's target", linked, "real/deep/plugin", /: it /],
  ["the folder of a link's target", linked, "real/deep", /its folder \S+\/real\/deep /],
  ["a folder that a link leads to", linked, "real", /its folder \S+\/real /],
  ["a folder of a link", linked, "a/b", /its folder \S+\/a\/b /],
  [
    "a static import",
    module('import "../../../lib/one.js";'),
    "lib/one.js",
    /its import \S+one\.js /,
  ],
  [
    "an import's folder",
    module('import x from "../../../lib/one.js";'),
    "lib",
    /its folder \S+\/lib /,
  ],
  ["an import by apostrophes", module("import '../../../lib/one.js'"), "lib/one.js", /its import/],
  ["a dynamic import", module('await import("../../../lib/one.js")'), "lib/one.js", /its import/],
  ["a dynamic import by a template", module("import(`../../../lib/one.js`)"), "lib", /its folder/],
  ["a re-export", module('export * from "../../../lib/one.js";'), "lib/one.js", /its import/],
  ["an absolute import", module('import "ROOT/lib/one.js";'), "lib/one.js", /its import/],
  ["an import by URL", module('import "file://ROOT/lib/one.js";'), "lib/one.js", /its import/],
  ["an escaped import", module('import "../../../lib/%6fne.js";'), "lib/one.js", /its import/],
  [
    "an import of an import",
    module('import "../../../lib/one.js";', {
      "lib/one.js": 'import data from "./two.json" with { type: "json" };\nimport "./three.ts";',
      "lib/three.ts": 'export type { X } from "../far/four.ts";',
      "lib/two.json": "{}",
      "far/four.ts": MODULE,
    }),
    "far/four.ts",
    /its import \S+\/far\/four\.ts /,
  ],
  [
    "a computed import",
    module('const name = "one";\nawait import(`../../../lib/${name}.js`);'),
    "lib/one.js",
    /its import \S+one\.js /,
  ],
  [
    "a computed import's folder",
    module('await import(["..", "..", "..", "lib", "one.js"].join("/"));'),
    "lib",
    /its folder \S+\/lib /,
  ],
  [
    "an import with an escape",
    module('import "../../../li\\x62/one.js";'),
    "lib/one.js",
    /its import/,
  ],
  [
    "an import behind a comment",
    module('import /* "one" */ "../../../lib/one.js";'),
    "lib/one.js",
    /its import/,
  ],
  [
    "an import by a data URL",
    module('await import("data:text/javascript,import%20%22file://ROOT/lib/one.js%22");'),
    "lib/one.js",
    /its import/,
  ],
  [
    "a computed import of an import",
    module('import "../../../lib/one.js";', {
      "lib/one.js": 'const name = "four.js";\nawait import("../far/" + name);',
      "far/four.js": MODULE,
    }),
    "far/four.js",
    /its import \S+\/far\/four\.js /,
  ],
  [
    "a file that it requires",
    module(
      'import { createRequire } from "node:module";\n' +
        'createRequire(import.meta.url)("../../../lib/" + "one.cjs");',
      { "lib/one.cjs": 'require("node:fs").writeFileSync("ROOT/ran", "");' },
    ),
    "lib/one.cjs",
    /its import \S+one\.cjs /,
  ],
  [
    "data that is imported",
    module('import x from "../../../lib/x.json" with { type: "json" };', { "lib/x.json": "{}" }),
    "lib/x.json",
    /its import/,
  ],
  [
    "imports in a circle",
    module('import "../../../lib/one.js";', {
      "lib/one.js": 'import "../a/b/plugins/fairlead-transport-x.js"; import "./two.js";',
      "lib/two.js": MODULE,
    }),
    "lib/two.js",
    /its import/,
  ],
  [
    "an import that is not there yet",
    module('import "../../../lib/new.js";', { "lib/other.js": "" }),
    "lib",
    /its folder \S+\/lib /,
  ],
  ["an interpreter", interpreted, "bin/shell", /its interpreter \S+\/bin\/shell /],
  ["an interpreter's folder", interpreted, "bin", /its folder \S+\/bin /],
];

const tamperings: [title: string, tamper: (path: string) => void, named: RegExp][] = [
  [
    "belongs to another user",
    (path) => Deno.chownSync(path, STRANGER, null),
    /belongs to user 12345/,
  ],
  ["is everyone's", (path) => Deno.chmodSync(path, 0o777), /can be written to by everyone/],
  ["is its group's", (path) => Deno.chmodSync(path, 0o775), /can be written to by its group/],
];

/** Puts a layout into a fresh folder; every file and folder is root's alone. */
async function lay({ files, links = {} }: Layout): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "fl-trust-" });
  const place = async (path: string) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (folder !== root) await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
  };
  for (const [name, text] of Object.entries(files)) {
    await place(`${root}/${name}`);
    await Deno.writeTextFile(`${root}/${name}`, text.replaceAll("ROOT", root));
    await Deno.chmod(`${root}/${name}`, 0o755);
  }
  for (const [name, target] of Object.entries(links)) {
    await place(`${root}/${name}`);
    await Deno.symlink(target.replaceAll("ROOT", root), `${root}/${name}`);
  }
  await Deno.chmod(root, 0o755);
  return root;
}

/** The refusal of the plugin; undefined where it is run. */
async function refusal(path: string, root: string): Promise<string | undefined> {
  const env: Record<string, string> = { HOME: root, PATH: "", XDG_CACHE_HOME: `${root}/cache` };
  const registry = createRegistry([], createPlugins((name) => env[name])).withPlugin("x", path);
  try {
    const transport = registry.find("x://there");
    await transport.dial(transport.parse("x://there"), context());
    return undefined;
  } catch (error) {
    assert(error instanceof EndpointError || error instanceof DialError, String(error));
    assert(error.hint !== undefined);
    return /is not used|its (import|folder) /.test(error.message) ? error.message : undefined;
  }
}

async function ran(root: string): Promise<boolean> {
  return await Deno.stat(`${root}/ran`).then(() => true, () => false);
}

for (const [title, layout, at, named] of attacks) {
  Deno.test({
    name: `attack: plugin, ${title}`,
    ignore,
    sanitizeResources: false,
    sanitizeOps: false,
  }, async () => {
    for (const [how, tamper, problem] of tamperings) {
      const root = await lay(layout);
      await using _ = removedLater(root);
      tamper(at === "" ? root : `${root}/${at}`);
      const message = await refusal(`${root}/${layout.plugin ?? PLUGIN}`, root);
      assert(message !== undefined, `${how}: the plugin was run`);
      assert.match(message, named, how);
      assert.match(message, problem, how);
      assert.equal(await ran(root), false, how);
    }
  });
}

for (
  const [title, layout] of [
    ["a program", program],
    ["a program behind links", linked],
    ["a module with imports", module('import "../../../lib/one.js";')],
    ["a script with an interpreter of its own", {
      ...interpreted,
      files: { ...interpreted.files, [PLUGIN]: "#!/bin/sh\ntouch ROOT/ran\n" },
    }],
    ["a module whose imports are partly missing", module('// import "./gone.js"\n')],
  ] as const
) {
  Deno.test({
    name: `no attack: plugin, ${title}`,
    ignore,
    sanitizeResources: false,
    sanitizeOps: false,
  }, async () => {
    const root = await lay(layout);
    await using _ = removedLater(root);
    const path = `${root}/${("plugin" in layout ? layout.plugin : undefined) ?? PLUGIN}`;
    assert.equal(await refusal(path, root), undefined);
    assert.equal(await ran(root), true);
  });
}

test("attack: plugin, a link of another user, and one in a circle", async () => {
  for (const part of [PLUGIN, "via"]) {
    const root = await lay(linked);
    await using _ = removedLater(root);
    await new Deno.Command("chown", { args: ["-h", String(STRANGER), `${root}/${part}`] })
      .output();
    const message = await refusal(`${root}/${PLUGIN}`, root);
    assert.match(message ?? "", /the link \S+ belongs to user 12345/);
    await Deno.remove(`${root}/via`);
    await Deno.symlink("via", `${root}/via`);
    await new Deno.Command("chown", { args: ["-h", "0", `${root}/${PLUGIN}`] }).output();
    assert.match(await refusal(`${root}/${PLUGIN}`, root) ?? "", /too many links/);
  }
});

test("attack: plugin, an import over unencrypted HTTP", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("Deno.exit(7);", { headers: { "content-type": "text/javascript" } }),
  );
  const address = `http://127.0.0.1:${server.addr.port}/one.js`;
  const root = await lay(module(`await import("${address}");`));
  await using _ = removedLater(root);
  assert.match(await refusal(`${root}/${PLUGIN}.js`, root) ?? "", /over unencrypted HTTP/);
  assert.equal(await ran(root), false);
});

test("attack: plugin, exchanged between the check and the dial", async () => {
  const root = await lay(program);
  await using _ = removedLater(root);
  const registry = createRegistry([], createPlugins((name) => name === "HOME" ? root : ""))
    .withPlugin("x", `${root}/${PLUGIN}`);
  const transport = registry.find("x://there");
  const spec = transport.parse("x://there");
  await Deno.chown(`${root}/${PLUGIN}`, STRANGER, null);
  await assert.rejects(
    transport.dial(spec, context()),
    /is not used: it belongs to user 12345/,
  );
  assert.equal(await ran(root), false);
});
