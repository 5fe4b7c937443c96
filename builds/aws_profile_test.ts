import assert from "node:assert/strict";
import { tempFolder } from "../tests/harness/temp_folder.ts";
import { awsProfile } from "./aws_profile.ts";

Deno.test("awsProfile() takes the profile's keys, from the credentials file first", () => {
  using home = tempFolder();
  const read = (env: Record<string, string>) =>
    awsProfile((name) => ({ HOME: home.path, ...env })[name]);
  assert.equal(read({}), undefined);
  home.write(
    ".aws/config",
    "[default]\nregion = x\naws_access_key_id = c\naws_secret_access_key = d=e\n" +
      "[profile  two]\nAWS_ACCESS_KEY_ID=f\naws_secret_access_key = g\ns3 =\n  aws_session_token = no\n",
  );
  assert.deepEqual(read({}), { id: "c", secret: "d=e", session: undefined });
  assert.deepEqual(read({ AWS_PROFILE: "two" }), { id: "f", secret: "g", session: undefined });
  home.write(
    ".aws/credentials",
    "# comment\r\n[default]\r\naws_access_key_id = a\r\naws_secret_access_key = b\r\n" +
      "aws_session_token = t\r\n[half]\r\naws_access_key_id = h\r\n",
  );
  assert.deepEqual(read({}), { id: "a", secret: "b", session: "t" });
  assert.equal(read({ AWS_PROFILE: "half" }), undefined);
  assert.equal(read({ AWS_PROFILE: "nobody" }), undefined);
  assert.deepEqual(
    read({
      AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
      AWS_CONFIG_FILE: `${home.path}/.aws/credentials`,
    }),
    { id: "a", secret: "b", session: "t" },
  );
});
