/** Reads the files that the TLS options name, and checks them before anything is dialled. */
import { errorText } from "../../base/error_text.ts";
import { whyUnreadable } from "../../base/os_reason.ts";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";
import { DialError } from "../errors.ts";
import type { DialContext } from "../transport.ts";
import type { TlsOptions } from "../dial.ts";
import { issuerOf, subjectOf } from "./certificate_names.ts";

/** The checked files and settings of a handshake. */
export interface TlsFiles {
  /** The certificates of trusted authorities, PEM. */
  readonly roots: readonly string[];
  /** The source of the roots, for messages: a file's path, or `the system's certificates`. */
  readonly rootsFrom: string;
  /** The client's certificate and key, for a daemon that requires them. */
  readonly client?: {
    readonly cert: string;
    readonly key: string;
    /** The certificate in messages: `/certs/client.pem (CN=client, signed by CN=ca)`. */
    readonly shown: string;
  };
  /** The option `servername`. */
  readonly servername?: string;
  /** The protocol inside TLS (ALPN), where that isn't `h2`: Docker engines take only `http/1.1`. */
  readonly protocol?: string;
  /** True when the far side's certificate is not checked. */
  readonly insecure?: boolean;
}

/** A PEM text with its source. */
export interface PemText {
  readonly text: string;
  /** The source in messages: `cacert /certs/ca.pem`. */
  readonly from: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Loads the files. Throws `DialError` of the step `tls`, code `config`, that names file and option.
 *
 * @param endpoint the redacted endpoint, for errors
 */
export async function loadTls(
  options: TlsOptions,
  endpoint: string,
  context: DialContext,
): Promise<TlsFiles> {
  const fail = failOf(endpoint);
  const { cert, key, servername } = options;
  if (cert !== undefined && key === undefined) {
    fail(`the certificate ${cert} is given without its key`, "give the option key too");
  }
  if (key !== undefined && cert === undefined) {
    fail(`the key ${key} is given without its certificate`, "give the option cert too");
  }

  const pem = async (option: "cacert" | "cert" | "key"): Promise<PemText | undefined> => {
    const path = options[option];
    if (path === undefined) return undefined;
    return { text: await readFile(path, option, fail), from: `${option} ${path}` };
  };
  const files = checkTls(
    { ca: await pem("cacert"), cert: await pem("cert"), key: await pem("key") },
    endpoint,
    context,
  );
  return servername ? { ...files, servername } : files;
}

/** The TLS options' contents as texts; `cert` and `key` come together. */
interface TlsTexts {
  readonly ca: PemText | undefined;
  readonly cert: PemText | undefined;
  readonly key: PemText | undefined;
  /** True when any certificate of the daemon is accepted. */
  readonly insecure?: boolean;
}

/** Checks the texts. Throws as `loadTls`. */
export function checkTls(texts: TlsTexts, endpoint: string, context: DialContext): TlsFiles {
  const fail = failOf(endpoint);
  const { ca, cert, key, insecure = false } = texts;
  const roots = ca !== undefined
    ? certificatesIn(ca, fail)
    : insecure
    ? []
    : systemRoots(context, fail);
  const authorities = ca === undefined ? [] : roots.map((pem) => new X509Certificate(pem));
  const [first] = authorities;
  if (first !== undefined && authorities.every((each) => each.validToDate.getTime() < Date.now())) {
    fail(
      `the CA certificate ${fileOf(ca!)} (${subjectOf(first)}) expired on ${
        day(first.validToDate)
      }`,
      "get the daemon's new CA certificate and give it as cacert",
    );
  }

  const rootsFrom = ca === undefined ? "the system's certificates" : fileOf(ca);
  if (cert === undefined || key === undefined) return { roots, rootsFrom, insecure };

  const chain = certificatesIn(cert, fail);
  const own = new X509Certificate(chain[0]!);
  checkKey(own, cert, key, fail);
  const shown = `${fileOf(cert)} (${subjectOf(own)}, signed by ${issuerOf(own)})`;
  if (own.validToDate.getTime() < Date.now()) {
    fail(
      `the client certificate ${fileOf(cert)} (${subjectOf(own)}) expired on ${
        day(own.validToDate)
      }`,
      "renew it and give the new one as cert and key, or leave both out if the daemon asks for none",
    );
  }
  if (own.validFromDate.getTime() > Date.now()) {
    context.log(`the client certificate ${shown} is valid from ${day(own.validFromDate)} only`);
  }
  const client = { cert: chain.join("\n"), key: key.text, shown };
  return { roots, rootsFrom, client, insecure };
}

/** The source of a text, without the option's name before a path. */
function fileOf({ from }: PemText): string {
  return from.replace(/^(?:cacert|cert|key) /, "");
}

/** Formats a time as `2026-11-24 01:52 UTC`. */
export function day(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

type Fail = (problem: string, hint: string, cause?: unknown) => never;

function failOf(endpoint: string): Fail {
  return (problem, hint, cause) => {
    throw new DialError(problem, { endpoint, step: "tls", code: "config", hint, cause });
  };
}

/**
 * Reads the system's roots. `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured, as in Go: the runtime
 * reads them.
 */
function systemRoots(context: DialContext, fail: Fail): string[] {
  const hint = "give the CA that signed the daemon's certificate as cacert";
  const file = context.env("SSL_CERT_FILE");
  let roots: string[] = [];
  try {
    roots = getCACertificates("system");
  } catch (error) {
    const where = file ? ` (SSL_CERT_FILE is ${file})` : "";
    const problem = `the system's certificates can't be read${where}: ${errorText(error)}`;
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
    const problem = `can't read ${option} ${path}: ${whyUnreadable(error)}`;
    return fail(problem, `check the option ${option}`, error);
  }
}

function certificatesIn({ text: pem, from }: PemText, fail: Fail): string[] {
  const found = pem.match(CERTIFICATE) ?? [];
  const hint =
    `${optionOf(from)} takes a PEM file of certificates; openssl x509 -in FILE -out NEW ` +
    "makes one of other forms";
  if (found.length === 0) {
    const instead = pem.includes("PRIVATE KEY-----") ? ": it contains a private key" : "";
    fail(`${from} contains no PEM certificate${instead}`, hint);
  }
  for (const [index, each] of found.entries()) {
    try {
      new X509Certificate(each);
    } catch (error) {
      fail(`certificate ${index + 1} in ${from} is damaged: ${errorText(error)}`, hint, error);
    }
  }
  return found;
}

/** Names a source's option, `the option cacert`; a kubeconfig's fields keep their own names. */
function optionOf(from: string): string {
  const [name] = from.split(" ", 1);
  return /^(?:cacert|cert|key)$/.test(name!) ? `the option ${name}` : name!;
}

function checkKey(own: X509Certificate, cert: PemText, key: PemText, fail: Fail): void {
  const { from, text: pem } = key;
  const hint = `${optionOf(from)} takes the PEM file of the private key that belongs to the ` +
    "certificate";
  if (!pem.includes("PRIVATE KEY-----")) fail(`${from} contains no PEM private key`, hint);
  // Without a passphrase the runtime would ask for one on the terminal.
  if (/ENCRYPTED/.test(pem)) {
    fail(
      `${from} is encrypted`,
      `decrypt it (openssl pkey -in ${fileOf(key)} -out NEW) and give that file as key`,
    );
  }
  let matches = false;
  try {
    matches = own.checkPrivateKey(createPrivateKey(pem));
  } catch (error) {
    fail(`${from} is damaged: ${errorText(error)}`, hint, error);
  }
  if (!matches) fail(`${from} doesn't belong to the certificate ${fileOf(cert)}`, hint);
}
