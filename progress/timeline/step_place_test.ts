import { deepStrictEqual } from "node:assert";
import { placeOf, placesOf } from "./step_place.ts";

Deno.test("placeOf() reads stage, platform, target and number", () => {
  const cases: [string, [string, string, string, number, number, string]][] = [
    ["[app 2/3] RUN make", ["app", "", "", 2, 3, "RUN make"]],
    ["[linux/arm64 app 2/13] RUN a", ["app", "linux/arm64", "", 2, 13, "RUN a"]],
    ["[linux/arm/v7 stage-0 1/1] FROM x", ["stage-0", "linux/arm/v7", "", 1, 1, "FROM x"]],
    ["[web linux/arm64 app 2/3] RUN a", ["app", "linux/arm64", "web", 2, 3, "RUN a"]],
    ["[linux/amd64->arm64 app 2/3] RUN a", ["app", "linux/amd64->arm64", "", 2, 3, "RUN a"]],
    ["[web app 2/3] RUN a", ["app", "", "web", 2, 3, "RUN a"]],
    ["[linux/arm64 2/3] RUN a", ["", "linux/arm64", "", 2, 3, "RUN a"]],
    ["[web linux/arm64 2/3] RUN a", ["", "linux/arm64", "web", 2, 3, "RUN a"]],
    ["[internal] load build context", ["internal", "", "", 0, 0, "load build context"]],
    ["[linux/arm64 internal] load x", ["internal", "linux/arm64", "", 0, 0, "load x"]],
    ["[web linux/arm64 internal] load x", ["internal", "linux/arm64", "web", 0, 0, "load x"]],
    ["[web internal] load x", ["internal", "", "web", 0, 0, "load x"]],
    ["[web] exporting to image", ["", "", "web", 0, 0, "exporting to image"]],
    ["[auth] pull", ["", "", "auth", 0, 0, "pull"]],
    ["exporting to image", ["", "", "", 0, 0, "exporting to image"]],
    ["[1/2] x", ["", "", "", 1, 2, "x"]],
    ["[] x", ["", "", "", 0, 0, "[] x"]],
  ];
  for (const [name, [stage, platform, target, index, count, text]] of cases) {
    deepStrictEqual(placeOf(name), { stage, platform, target, index, count, text }, name);
  }
});

Deno.test("placesOf() knows the targets whose only stage isn't named", () => {
  const names = [
    "[web internal] load x",
    "[web 1/2] FROM x",
    "[web app 2/2] RUN a",
    "[other 1/1] RUN b",
  ];
  const place = placesOf(names);
  const found = names.map((name) => [place(name).target, place(name).stage]);
  deepStrictEqual(found, [["web", "internal"], ["web", ""], ["web", "app"], ["", "other"]]);
});
