import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { npipe } from "./npipe.ts";

checkEndpoints(npipe, {
  good: [
    ["npipe:////./pipe/buildkitd", { path: "//./pipe/buildkitd" }],
    ["npipe://\\\\.\\pipe\\a b", { path: "//./pipe/a b" }],
    ["npipe:////server/PIPE/x", { path: "//server/PIPE/x" }],
  ],
  bad: [
    ["npipe://", /it has no path; write it as npipe:\/\/\/\/\.\/pipe\/buildkitd/],
    ["npipe:///run/x", /it is not the path of a pipe/],
    ["npipe:////./pipe/", /it is not the path of a pipe/],
    ["npipe:////./pipe/x?a=hunter2", /no option "a"/],
  ],
});
