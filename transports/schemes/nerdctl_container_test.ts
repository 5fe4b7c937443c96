import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { nerdctlContainer } from "./nerdctl_container.ts";

checkEndpoints(nerdctlContainer, {
  good: [
    ["nerdctl-container://b", { container: "b" }],
    ["nerdctl-container://b?namespace=k8s.io", { container: "b", namespace: "k8s.io" }],
  ],
  bad: [
    ["nerdctl-container://", /it has no container name/],
    ["nerdctl-container://--help", /"--help" is not a container's name/],
    ["nerdctl-container://b?namespace=--x", /"--x" is not a namespace/],
  ],
});
