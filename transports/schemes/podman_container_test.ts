import assert from "node:assert/strict";
import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { podmanHost } from "../engine/podman_host.ts";
import { podmanContainer } from "./podman_container.ts";

checkEndpoints(podmanContainer, {
  good: [
    ["podman-container://b", { container: "b" }],
    ["podman-container://b?host=unix:///s", { container: "b", host: "unix:///s" }],
  ],
  bad: [
    ["podman-container://", /it has no container name/],
    [
      "podman-container://b?context=x",
      /no option "context"/,
    ],
  ],
});

Deno.test("podman's service is found as podman finds it", () => {
  const at = (variables: Record<string, string>) => podmanHost((name) => variables[name]).host;
  assert.equal(at({ CONTAINER_HOST: "tcp://h:1", DOCKER_HOST: "unix:///d" }), "tcp://h:1");
  const own = Deno.uid() === 0 ? "unix:///run/podman/podman.sock" : "unix:///r/podman/podman.sock";
  assert.equal(at({ XDG_RUNTIME_DIR: "/r", DOCKER_HOST: "unix:///d" }), own);
});
