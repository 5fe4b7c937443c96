/** Reads what the TLS options name, and finds what is wrong with it before anything is dialled. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";
import { DialError } from "../transports/errors.ts";
import type { DialContext } from "../transports/transport.ts";
import type { TlsOptions } from "./dial.ts";
import { issuerOf, subjectOf } from "./tls_names.ts";

/** What a handshake needs, checked. */
export interface TlsFiles {
  /** The certificates of trusted authorities, PEM. */
  readonly roots: readonly string[];
  /** Where they came from, for messages: a file's path, or `the system's certificates`. */
  readonly rootsFrom: string;
  /** Ours, for a daemon that demands one. */
  readonly client?: {
    readonly cert: string;
    readonly key: string;
    /** `/certs/client.pem (CN=client, signed by CN=ca)`. */
    readonly shown: string;
  };
  /** The option `servername`. */
  readonly servername?: string;
  /** What is spoken inside (ALPN), where that is not `h2`: a Docker engine takes `http/1.1` alone. */
  readonly protocol?: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Loads the files. Throws `DialError` of the step `tls`, code `config`, that names file and option.
 *
 * @param endpoint for errors, redacted
 */
export async function loadTls(
  options: TlsOptions,
  endpoint: string,
  context: DialContext,
): Promise<TlsFiles> {
  const fail = (problem: string, hint: string, cause?: unknown): never => {
    throw new DialError(problem, { endpoint, step: "tls", code: "config", hint, cause });
  };
  const { cacert, cert, key, servername } = options;
  if (cert !== undefined && key === undefined) {
    fail(`the certificate ${cert} is given without its key`, "give the option key too");
  }
  if (key !== undefined && cert === undefined) {
    fail(`the key ${key} is given without its certificate`, "give the option cert too");
  }

  const roots = cacert === undefined
    ? systemRoots(context, fail)
    : certificatesIn(cacert, "cacert", await readFile(cacert, "cacert", fail), fail);
  const authorities = cacert === undefined ? [] : roots.map((pem) => new X509Certificate(pem));
  const [first] = authorities;
  if (first !== undefined && authorities.every((each) => each.validToDate.getTime() < Date.now())) {
    fail(
      `the CA certificate ${cacert} (${subjectOf(first)}) expired on ${day(first.validToDate)}`,
      "get the daemon's new CA certificate and give it as cacert",
    );
  }

  const named = servername ? { servername } : {};
  const rootsFrom = cacert ?? "the system's certificates";
  if (cert === undefined || key === undefined) return { roots, rootsFrom, ...named };

  const chain = certificatesIn(cert, "cert", await readFile(cert, "cert", fail), fail);
  const keyPem = await readFile(key, "key", fail);
  const own = new X509Certificate(chain[0]!);
  checkKey(own, cert, key, keyPem, fail);
  const shown = `${cert} (${subjectOf(own)}, signed by ${issuerOf(own)})`;
  if (own.validToDate.getTime() < Date.now()) {
    fail(
      `the client certificate ${cert} (${subjectOf(own)}) expired on ${day(own.validToDate)}`,
      "renew it and give the new one as cert and key, or leave both out if the daemon asks for none",
    );
  }
  if (own.validFromDate.getTime() > Date.now()) {
    context.log(`the client certificate ${shown} is valid from ${day(own.validFromDate)} only`);
  }
  return { roots, rootsFrom, client: { cert: chain.join("\n"), key: keyPem, shown }, ...named };
}

/** `2026-11-24 01:52 UTC`. */
export function day(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

type Fail = (problem: string, hint: string, cause?: unknown) => never;

/** `SSL_CERT_FILE` and `SSL_CERT_DIR` hold, as in Go: the runtime reads them. */
function systemRoots(context: DialContext, fail: Fail): string[] {
  const hint = "give the CA that signed the daemon's certificate as cacert";
  const file = context.env("SSL_CERT_FILE");
  let roots: string[] = [];
  try {
    roots = getCACertificates("system");
  } catch (error) {
    const where = file ? ` (SSL_CERT_FILE is ${file})` : "";
    const problem = `the system's certificates can't be read${where}: ${text(error)}`;
    fail(problem, hint, error);
  }
  if (roots.length === 0) {
    fail("this system has no root certificates", `${hint}, or install ca-certificates`);
  }
  return roots;
}

async function readFile(path: string, option: string, fail: Fail): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const problem = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a folder"
      : text(error);
    return fail(`can't read ${option} ${path}: ${problem}`, `check the option ${option}`, error);
  }
}

function certificatesIn(path: string, option: string, pem: string, fail: Fail): string[] {
  const found = pem.match(CERTIFICATE) ?? [];
  const hint = `the option ${option} takes a PEM file of certificates`;
  if (found.length === 0) {
    const instead = pem.includes("PRIVATE KEY-----") ? ": it holds a private key" : "";
    fail(`${option} ${path} holds no certificate in PEM form${instead}`, hint);
  }
  for (const [index, each] of found.entries()) {
    try {
      new X509Certificate(each);
    } catch (error) {
      fail(`certificate ${index + 1} in ${option} ${path} is damaged: ${text(error)}`, hint, error);
    }
  }
  return found;
}

function checkKey(own: X509Certificate, cert: string, path: string, pem: string, fail: Fail): void {
  const hint = "the option key takes the PEM file of the private key that belongs to cert";
  if (!pem.includes("PRIVATE KEY-----")) fail(`key ${path} holds no private key in PEM form`, hint);
  // Without a passphrase the runtime would ask for one on the terminal.
  if (/ENCRYPTED/.test(pem)) {
    fail(
      `key ${path} is encrypted`,
      `decrypt it (openssl pkey -in ${path} -out NEW) and give that file as key`,
    );
  }
  let matches = false;
  try {
    matches = own.checkPrivateKey(createPrivateKey(pem));
  } catch (error) {
    fail(`key ${path} is damaged: ${text(error)}`, hint, error);
  }
  if (!matches) fail(`key ${path} doesn't belong to the certificate ${cert}`, hint);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
