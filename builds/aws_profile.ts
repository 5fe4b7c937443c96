/**
 * Keys for S3 in AWS's shared files
 * (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html). Only literal keys are read:
 * roles, single sign-on and the metadata of cloud machines are not followed.
 */
import { maybe } from "../base/maybe.ts";
import type { Env } from "../transports/transport.ts";

export interface AwsKeys {
  readonly id: string;
  readonly secret: string;
  readonly session: string | undefined;
}

/** The keys of `AWS_PROFILE`, or of `default`. The credentials file goes before the other. */
export function awsProfile(env: Env): AwsKeys | undefined {
  const home = env("HOME") ?? env("USERPROFILE");
  const profile = env("AWS_PROFILE") || env("AWS_DEFAULT_PROFILE") || "default";
  const inHome = (name: string) => home ? `${home}/.aws/${name}` : undefined;
  const places: [path: string | undefined, section: string][] = [
    [env("AWS_SHARED_CREDENTIALS_FILE") || inHome("credentials"), profile],
    [
      env("AWS_CONFIG_FILE") || inHome("config"),
      profile === "default" ? profile : `profile ${profile}`,
    ],
  ];
  for (const [path, section] of places) {
    const keys = path === undefined ? undefined : keysIn(path, section);
    if (keys) return keys;
  }
  return undefined;
}

function keysIn(path: string, section: string): AwsKeys | undefined {
  const text = maybe(() => Deno.readTextFileSync(path));
  if (text === undefined) return undefined;
  const values = new Map<string, string>();
  let within = false;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) within = heading.replace(/\s+/g, " ") === section;
    // An indented line belongs to the key above it.
    const [, key, value] = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (within && key !== undefined) values.set(key.toLowerCase(), value!);
  }
  const id = values.get("aws_access_key_id"), secret = values.get("aws_secret_access_key");
  if (!id || !secret) return undefined;
  return { id, secret, session: values.get("aws_session_token") || undefined };
}
