import assert from "node:assert/strict";
import { type NodeGroup, withNode, withoutNode } from "./node_group.ts";
import { formatNodeGroup, parseNodeGroup } from "./node_group_json.ts";
import { formatPlatform, parsePlatforms } from "../platforms.ts";

const empty: NodeGroup = { name: "B1", driver: "remote", nodes: [], dynamic: false, extra: {} };

function change(endpoint: string, platforms: string[] = [], driverOpts?: Record<string, string>) {
  return { endpoint, isSet: true, platforms: parsePlatforms(platforms), driverOpts };
}

function shown(group: NodeGroup): string[] {
  return group.nodes.map(({ name, endpoint, platforms }) =>
    `${name} ${endpoint} ${platforms?.map(formatPlatform) ?? null}`
  );
}

Deno.test("withNode() names nodes, adds them, and takes their platforms from the others", () => {
  const one = withNode(empty, "", change("tcp://a:1", ["linux/amd64", "linux/arm64"]), {
    append: false,
  });
  assert.deepEqual(shown(one), ["b10 tcp://a:1 linux/amd64,linux/arm64"]);
  const two = withNode(one, "", change("tcp://b:1", ["linux/arm64"]), { append: true });
  assert.deepEqual(shown(two), ["b10 tcp://a:1 linux/amd64", "b11 tcp://b:1 linux/arm64"]);
  const three = withNode(two, "NodeC", change("tcp://c:1"), { append: true });
  assert.equal(three.nodes[2]!.name, "nodec");
  const same = withNode(three, "NODEC", change("tcp://c:2", [], { "default-load": "true" }), {
    append: true,
  });
  assert.deepEqual(shown(same).at(-1), "nodec tcp://c:2 null");
  assert.deepEqual(same.nodes[2]!.driverOpts, { "default-load": "true" });
  assert.deepEqual(withNode(same, "nodec", change("tcp://c:3"), { append: false }).nodes[2], {
    ...same.nodes[2]!,
    endpoint: "tcp://c:3",
  });
});

Deno.test("withNode() and withoutNode() refuse what would break the group", () => {
  const one = withNode(empty, "a", change("tcp://a:1"), { append: false });
  const table: [() => unknown, string][] = [
    [
      () => withNode(one, "b", change("tcp://b:1"), { append: false }),
      "node b not found, did you mean to append?",
    ],
    [
      () => withNode(one, "b", change("tcp://a:1"), { append: true }),
      "invalid duplicate endpoint tcp://a:1",
    ],
    [
      () => withNode(one, "b/c", change("tcp://b:1"), { append: true }),
      "invalid name b/c, name needs to start with a letter and may not contain symbols, except ._-",
    ],
    [
      () => withNode({ ...one, dynamic: true }, "a", change("x"), { append: true }),
      "dynamic node group does not support Update",
    ],
    [() => withoutNode(one, "b"), 'node "b" not found for B1'],
    [
      () => withoutNode(one, "a"),
      "can not leave last node, do you want to rm instance instead?",
    ],
  ];
  for (const [act, message] of table) assert.throws(act, { name: "BuilderError", message });
  const two = withNode(one, "b", change("tcp://b:1"), { append: true });
  assert.deepEqual(shown(withoutNode(two, "A")), ["b tcp://b:1 null"]);
});

// Written by buildx 0.36.1, byte for byte.
const files = [
  '{"Name":"Foo.Bar","Driver":"remote","Nodes":[{"Name":"foo.bar0","Endpoint":"tcp://127.0.0.1:18233",' +
  '"Platforms":[{"architecture":"arm64","os":"linux"},{"architecture":"arm","os":"linux","variant":"v7"}],' +
  '"DriverOpts":{"default-load":"true","servername":"a,b"},"Flags":null,"Files":null}],"Dynamic":false}',
  '{"Name":"d","Driver":"docker-container","Nodes":[{"Name":"d0","Endpoint":"unix:///var/run/docker.sock",' +
  '"Platforms":null,"DriverOpts":{"env.X":"\\u003c\\u0026\\u003e"},' +
  '"Flags":["--allow-insecure-entitlement=network.host"],"Files":{"buildkitd.toml":"eA=="}}],"Dynamic":false}',
  '{"Name":"n","Driver":"remote","Nodes":[],"Dynamic":false}',
];
for (const text of files) {
  Deno.test(`formatNodeGroup() writes ${text.slice(0, 40)}… back as it was`, () => {
    assert.equal(formatNodeGroup(parseNodeGroup(text)), text);
  });
}

Deno.test("formatNodeGroup() keeps keys that it doesn't know, behind the known ones", () => {
  const text = '{"Later":[1,{"x":null}],"Name":"n","Driver":"remote","Nodes":[{"New":true,' +
    '"Name":"n0","Endpoint":"tcp://h:1"}],"Dynamic":false}';
  assert.equal(
    formatNodeGroup(parseNodeGroup(text)),
    '{"Name":"n","Driver":"remote","Nodes":[{"Name":"n0","Endpoint":"tcp://h:1","Platforms":null,' +
      '"DriverOpts":null,"Flags":null,"Files":null,"New":true}],"Dynamic":false,' +
      '"Later":[1,{"x":null}]}',
  );
});

const broken: [string, RegExp][] = [
  ["", /JSON/],
  ["garbage", /JSON/],
  ["[]", /the file is not an object/],
  ["null", /the file is not an object/],
  ["{}", /it has no Name/],
  ['{"Name":5}', /Name is not a string/],
  ['{"Name":"x","Nodes":{}}', /Nodes is not a list/],
  ['{"Name":"x","Nodes":[5]}', /Nodes\[0\] is not an object/],
  ['{"Name":"x","Nodes":[{"DriverOpts":{"a":1}}]}', /Nodes\[0\]\.DriverOpts\.a is not a string/],
  ['{"Name":"x","Nodes":[{"Platforms":["linux/amd64"]}]}', /Platforms\[0\] is not an object/],
  ['{"Name":"x","Dynamic":"no"}', /Dynamic is not a boolean/],
];
for (const [text, message] of broken) {
  Deno.test(`parseNodeGroup() refuses ${text || "nothing"}`, () => {
    assert.throws(() => parseNodeGroup(text), { message });
  });
}
