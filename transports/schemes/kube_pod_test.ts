import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { kubePod } from "./kube_pod.ts";

checkEndpoints(kubePod, {
  good: [
    ["kube-pod://buildkitd", { pod: "buildkitd" }],
    ["kube-pod://buildkitd-7d9f.0", { pod: "buildkitd-7d9f.0" }],
    ["KUBE-POD://b?namespace=&container=", { pod: "b" }],
    [
      "kube-pod://b?context=user@cluster/x&namespace=ci&container=main",
      { pod: "b", context: "user@cluster/x", namespace: "ci", container: "main" },
    ],
    ["kube-pod://b?kubeconfig=~/k.yaml", { pod: "b", kubeconfig: "~/k.yaml" }],
    ["kube-pod://?selector=app=buildkitd", { selector: "app=buildkitd" }],
    [
      "kube-pod://?selector=app%20in%20(a,b),!old&loadbalance=random",
      { selector: "app in (a,b),!old", loadbalance: "random" },
    ],
    ["kube-pod://b?mode=exec", { pod: "b" }],
    ["kube-pod://b?mode=port-forward", { pod: "b", port: 1234 }],
    ["kube-pod://b?mode=port-forward&port=8080", { pod: "b", port: 8080 }],
  ],
  bad: [
    ["kube-pod://", /no pod name; write it as kube-pod:\/\/buildkitd or kube-pod:\/\/\?selector=/],
    ["kube-pod://b?selector=app=b", /a pod name and a selector; give the one or the other/],
    ["kube-pod://a/b", /it has a path; write it as kube-pod:\/\/b\?namespace=a$/],
    [
      "kube-pod://b:1234",
      /not a valid pod name; write it as kube-pod:\/\/b\?mode=port-forward&port=1234$/,
    ],
    ["kube-pod://..", /"\.\." is not a valid pod name/],
    ["kube-pod://b?namespace=.", /"\." is not a valid namespace name/],
    ["kube-pod://Build", /"Build" is not a valid pod name/],
    ["kube-pod://user:hunter2@b", /a user name is not allowed here/],
    ["kube-pod://b?namespace=a/b", /"a\/b" is not a valid namespace name/],
    ["kube-pod://b?container=A", /"A" is not a valid container name/],
    ["kube-pod://b?loadbalance=sticky", /loadbalance can't be used with a single pod/],
    [
      "kube-pod://?selector=a&loadbalance=least",
      /can't be "least"; loadbalance is sticky or random/,
    ],
    ["kube-pod://b?mode=ssh", /mode can't be "ssh"; mode is exec or port-forward/],
    ["kube-pod://b?port=1", /port can't be used here; give mode=port-forward too/],
    ["kube-pod://b?mode=port-forward&port=0", /"0" is not a port/],
    ["kube-pod://b?mode=port-forward&container=c", /container can't be used with port-forward/],
    ["kube-pod://b?contxt=hunter2", /no option "contxt"; did you mean "context"\?/],
  ],
});
