import { checkEndpoints } from "../../tests/transports/endpoints.ts";
import { ssh } from "./ssh.ts";

checkEndpoints(ssh, {
  good: [
    ["ssh://box", { host: "box" }],
    ["ssh://me@build.example.com:2222/run/b.sock", {
      host: "build.example.com",
      user: "me",
      port: 2222,
      socket: "/run/b.sock",
    }],
    ["ssh://[2001:db8::7]/s", { host: "2001:db8::7", socket: "/s" }],
    ["ssh://Box/", { host: "Box" }],
    ["ssh://CORP%5Cme%40corp@box/a%20b%25%3Fc", {
      host: "box",
      user: "CORP\\me@corp",
      socket: "/a b%?c",
    }],
    ["ssh://box/a b", { host: "box", socket: "/a b" }],
    ["ssh://[fe80::1%25eth0]/s", { host: "fe80::1%eth0", socket: "/s" }],
    ["ssh://[fe80::1%eth0]", { host: "fe80::1%eth0" }],
    ["ssh://box?socket=/a%3Fb&identity=~/.ssh/id&knownHosts=/k&command=sudo%20x", {
      host: "box",
      socket: "/a?b",
      identity: "~/.ssh/id",
      knownHosts: "/k",
      command: "sudo x",
    }],
  ],
  bad: [
    ["ssh://", /it has no host/],
    ["ssh:///run/s", /it has no host/],
    ["ssh://me:hunter2@box", /passwords are not supported; use a key/],
    ["ssh://-oProxyCommand=x", /"-oProxyCommand=x" is not a host name/],
    ["ssh://-l@box", /"-l" is not a user name/],
    ["ssh://%2Dl@box", /"-l" is not a user name/],
    ["ssh://a%0Ab@box", /is not a user name/],
    ["ssh://box/100%", /an invalid percent encoding; write a percent sign as %25/],
    ["ssh://box/a%00b", /its path contains a control character/],
    ["ssh://box:ssh", /"ssh" is not a port/],
    ["ssh://box:0", /"0" is not a port/],
    ["ssh://[::1", /it is not a host and a port/],
    ["ssh://box/a?socket=/b", /it names two sockets/],
    ["ssh://box?socket=b", /the socket's path is relative/],
    ["ssh://box?key=hunter2", /no option "key"; .*identity, knownHosts, socket, command/],
  ],
});
