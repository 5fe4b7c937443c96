import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { docker } from "./docker.ts";

checkEndpoints(docker, {
  good: [
    ["docker://", {}],
    ["DOCKER://?context=my%20box", { context: "my box" }],
    ["docker://?host=ssh://me@box", { host: "ssh://me@box" }],
  ],
  bad: [
    [
      "docker://box",
      /it has an address; write docker:\/\/ for the engine in use, or docker:\/\/\?co/,
    ],
    ["docker://?context=a&host=unix:///s", /names an engine twice/],
    ["docker://?host=/s", /its host has no scheme; write it as host=unix:/],
    ["docker://?ctx=hunter2", /no option "ctx"/],
  ],
});
