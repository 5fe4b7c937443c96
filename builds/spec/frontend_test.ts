import { annotationAttrs } from "../../images/annotations.ts";
import { parseAttestation } from "../../grammar/attestation.ts";
import assert from "node:assert/strict";
import { addHosts, network, noCache, resources, shmSize, ulimits } from "./frontend.ts";
import { attested } from "./frontend_options.ts";
import { plainBuild } from "./build_spec.ts";

Deno.test("hosts", () => {
  const gateway = () => "10.9.8.7";
  assert.deepEqual(addHosts(["a:1.2.3.4", "b=[::1]", "c:fe80::1", "d:host-gateway"], gateway), {
    "add-hosts": "a=1.2.3.4,b=::1,c=fe80::1,d=10.9.8.7",
  });
  assert.deepEqual(addHosts(["a=1.2.3.4,[::1]"], gateway), { "add-hosts": "a=1.2.3.4,a=::1" });
  assert.deepEqual(addHosts([], gateway), {});
  for (const bad of ["a", "a:", ":1.2.3.4", "a:nowhere", "5.6.7.8", "a=1.2.3.400", "a=fe80::1%0"]) {
    assert.throws(() => addHosts([bad], gateway), { message: `invalid host ${bad}` }, bad);
  }
});

Deno.test("network modes", () => {
  assert.deepEqual(network("default"), { attrs: {}, entitlements: [] });
  assert.deepEqual(network("host").entitlements, ["network.host"]);
  assert.deepEqual(network("none").attrs, { "force-network-mode": "none" });
  assert.throws(() => network("br0"), /network mode "br0" not supported by buildkit/);
});

Deno.test("caches of stages", () => {
  assert.deepEqual(noCache(true, []), { "no-cache": "" });
  assert.deepEqual(noCache(false, ["a", "b,c"]), { "no-cache": "a,b,c" });
  assert.deepEqual(noCache(false, []), {});
  assert.throws(() => noCache(true, ["a"]), /cannot currently be used together/);
});

Deno.test("limits", () => {
  assert.deepEqual(shmSize(67_108_864), { "shm-size": "67108864" });
  assert.deepEqual(ulimits(["nofile=10:20", "core=-1", "nofile=30"]), {
    ulimit: "core=-1:-1,nofile=30:30",
  });
  assert.throws(() => ulimits(["nofile=2:1"]), /soft limit must be less/);
  assert.throws(() => ulimits(["no=1"]), /invalid ulimit type: no/);
  assert.throws(() => ulimits(["nofile"]), /invalid ulimit argument: nofile/);
  assert.deepEqual(resources(["memory=64m", "memory-swap=-1", "cpu-shares=0", "cpuset-cpus=0,1"]), {
    memory: "67108864",
    memswap: "-1",
    cpusetcpus: "0,1",
  });
  assert.deepEqual(resources(["memory=1g", "memory=0", "cpuset-mems=0", "cpu-quota=-1"]), {
    cpusetmems: "0",
  });
  assert.throws(() => resources(["memory"]), /invalid resource "memory", expected key=value/);
  assert.throws(() => resources(["toString=1"]), /unknown resource "toString"/);
  assert.throws(() => resources(["memory=x"]), /invalid value "x" for resource memory/);
  assert.throws(() => resources(["disk=1"]), /unknown resource "disk"/);
});

Deno.test("attestations: the first of a type wins, the default where none was asked for", () => {
  const attrsOf = (texts: string[], hasDefault = false) =>
    attested(
      { ...plainBuild, attestations: texts.map(parseAttestation) },
      (name) => name === "BUILDX_NO_DEFAULT_ATTESTATIONS" && !hasDefault ? "1" : undefined,
    );
  assert.deepEqual(attrsOf([], true), { "attest:provenance": "mode=min,inline-only=true" });
  assert.deepEqual(attrsOf(["type=provenance,disabled=true", "type=sbom"], true), {
    "attest:sbom": "type=sbom",
  });
  assert.deepEqual(attrsOf(["type=provenance,mode=max"], true), {
    "attest:provenance": "type=provenance,mode=max",
  });
  assert.deepEqual(attrsOf(["type=sbom,generator=b,a=1", "type=sbom"]), {
    "attest:sbom": "type=sbom,a=1,generator=b",
  });
  assert.deepEqual(attrsOf(['TYPE=sbom,SCAN_Me=1,"ENV=a,""b"" c"']), {
    "attest:sbom": 'type=sbom,"ENV=a,""b"" c",SCAN_Me=1',
  });
});

Deno.test("annotations", () => {
  assert.deepEqual(annotationAttrs(["a=b", "", "index,manifest[linux/x86_64]:c=d=e"]), {
    "annotation.a": "b",
    "annotation-index.c": "d=e",
    "annotation-manifest[linux/amd64].c": "d=e",
  });
  assert.throws(() => annotationAttrs(["a"]), /expected key=value/);
  assert.throws(
    () => annotationAttrs(["what:a=b"]),
    /parse annotations: unknown annotation type "what"/,
  );
});
