import assert from "node:assert/strict";
import { builderOf } from "../tests/commands/stored_nodes.ts";
import { placePlatforms } from "./placement.ts";
import { formatPlatform, parsePlatforms } from "./platforms.ts";

/**
 * A node as a test writes it: fixed platforms, then what its workers list; `down` can't be asked.
 */
type Node = readonly [fixed: string, listed: string];

async function place(nodes: readonly Node[], wanted: string): Promise<string> {
  const asked: number[] = [];
  const shares = await placePlatforms(
    builderOf(Object.fromEntries(nodes.map(([fixed], index) => [`n${index}`, fixed]))),
    wanted ? parsePlatforms([wanted]) : [],
    (index) => {
      asked.push(index);
      const [, listed] = nodes[index]!;
      if (listed === "down") return Promise.reject(new Error("cannot reach it"));
      return Promise.resolve(listed ? parsePlatforms([listed]) : []);
    },
  );
  assert.equal(new Set(asked).size, asked.length, "a node is asked once");
  const texts = shares.map(({ node, platforms }) =>
    `${node.name}:${platforms.map(formatPlatform).join(",")}`
  );
  return `${texts.join(" ")}${asked.length > 0 ? " asked" : ""}`;
}

const amd: Node = ["", "linux/amd64,linux/386"], arm: Node = ["linux/arm64", "linux/amd64"];
const table: [what: string, nodes: Node[], wanted: string, expected: string][] = [
  ["nothing is for the first node", [amd, arm], "", "n0:"],
  [
    "one node builds all, and is not asked",
    [amd],
    "linux/arm64,linux/386",
    "n0:linux/arm64,linux/386",
  ],
  ["fixed platforms decide, and nobody is asked", [amd, arm], "linux/aarch64/v8", "n1:linux/arm64"],
  [
    "what is fixed goes before what is listed",
    [["", "linux/arm64"], arm],
    "linux/arm64",
    "n1:linux/arm64",
  ],
  [
    "each platform by itself, in the order of the platforms",
    [amd, arm],
    "linux/arm64,linux/amd64",
    "n1:linux/arm64 n0:linux/amd64 asked",
  ],
  ["workers say what they build", [["linux/riscv64", ""], amd], "linux/386", "n1:linux/386 asked"],
  ["nobody's platform is for the first", [amd, arm], "linux/s390x", "n0:linux/s390x asked"],
  [
    "a node that runs it all the same",
    [["linux/riscv64", ""], ["linux/arm64", ""]],
    "linux/arm/v7",
    "n1:linux/arm/v7 asked",
  ],
  [
    "the nearer goes before the farther",
    [["linux/arm64", ""], ["linux/arm/v7", ""]],
    "linux/arm/v7,linux/arm/v6",
    "n1:linux/arm/v7,linux/arm/v6 asked",
  ],
  ["who comes later need not be there", [amd, ["", "down"]], "linux/amd64", "n0:linux/amd64 asked"],
];
for (const [what, nodes, wanted, expected] of table) {
  Deno.test(`placePlatforms(): ${what}`, async () => {
    assert.equal(await place(nodes, wanted), expected);
  });
}

Deno.test("placePlatforms(): a node that might build a platform, and can't be asked, is named", async () => {
  const message = "node n1 can't be asked whether it builds linux/arm64: cannot reach it";
  await assert.rejects(place([amd, ["", "down"]], "linux/arm64"), { message });
  await assert.rejects(place([amd, ["", "down"], ["", "linux/arm64"]], "linux/arm64"), { message });
  await assert.rejects(
    place([["", "down"], amd], "linux/amd64"),
    /node n0 .*linux\/amd64/,
  );
  assert.equal(await place([["", "down"], arm], "linux/arm64"), "n1:linux/arm64");
  await assert.rejects(place([], "linux/arm64"), /has no nodes/);
});
