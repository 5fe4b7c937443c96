import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { dockerContainer } from "./docker_container.ts";

checkEndpoints(dockerContainer, {
  good: [
    ["docker-container://buildkitd", { container: "buildkitd" }],
    ["docker-container://Build_kit.d-0", { container: "Build_kit.d-0" }],
    ["docker-container://b?context=my%20box", { container: "b", context: "my box" }],
    ["DOCKER-CONTAINER://b?context=", { container: "b" }],
    ["docker-container://b?host=unix:///a%20b/s", { container: "b", host: "unix:///a b/s" }],
  ],
  bad: [
    ["docker-container://", /it has no container name; write it as docker-container:\/\/buildkitd/],
    ["docker-container:///b", /it has a path/],
    ["docker-container://b/c", /it has a path/],
    ["docker-container://user:hunter2@b", /a user name is not allowed here/],
    ["docker-container://-b", /"-b" is not a container's name/],
    ["docker-container://a b", /"a b" is not a container's name/],
    ["docker-container://b:1", /"b:1" is not a container's name/],
    ["docker-container://b?host=/var/run/docker.sock", /its host has no scheme/],
    ["docker-container://b?context=x&host=tcp://h:1", /names an engine twice/],
    ["docker-container://b?contxt=hunter2", /no option "contxt"; did you mean "context"\?/],
  ],
});
