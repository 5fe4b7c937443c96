/** Finds the problems that buildkitd and its clients would have with certificates. */
import type { X509Certificate } from "node:crypto";
import { day } from "../../transports/tls/tls_files.ts";
import {
  alternativeNames,
  holdsFor,
  issuerOf,
  subjectOf,
} from "../../transports/tls/certificate_names.ts";
import { readCertificates, readKey } from "./certificate_file.ts";
import { factsOf } from "./facts.ts";
import type { Host } from "./host.ts";
import { authorityKey, type Pair } from "./find_pairs.ts";

/** A problem, and its remedy. */
export interface Problem {
  readonly what: string;
  readonly remedy: string;
}

/** The result for one file. */
export interface Verdict {
  /** `daemon/cert.pem` */
  readonly file: string;
  /** A description of the file in one line; empty if the file can't be read. */
  readonly about: string;
  readonly problems: readonly Problem[];
}

export interface JudgeOptions {
  /** The folder that paths are relative to. */
  readonly dir: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Names and addresses that the daemon's certificate must be valid for. */
  readonly hosts: readonly Host[];
}

const SERVER = "1.3.6.1.5.5.7.3.1", CLIENT = "1.3.6.1.5.5.7.3.2", ANY = "2.5.29.37.0";
/** sha1WithRSAEncryption, ecdsa-with-SHA1, md5WithRSAEncryption: Go no longer accepts these. */
const BROKEN = ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.113549.1.1.4"];

/** Checks an authority's certificate, and its key if `authorityKey` finds one. */
export function judgeAuthority(file: string, options: JudgeOptions): Verdict[] {
  let ca: X509Certificate | undefined;
  const verdict = judged(file, () => {
    [ca] = readCertificates(`${options.dir}/${file}`) as [X509Certificate];
    const problems = timeProblems(ca, options.now);
    if (!ca.ca) {
      problems.push(
        problem("it is not a CA certificate", "give the certificate that signed the others"),
      );
    } else if (!factsOf(new Uint8Array(ca.raw)).maySign) {
      problems.push(
        problem("its keyUsage doesn't allow it to sign", "create it again, with keyCertSign"),
      );
    }
    return { about: `CA ${subjectOf(ca)}, until ${day(ca.validToDate)}`, problems };
  });
  const key = authorityKey(file, options.dir);
  return key === undefined ? [verdict] : [verdict, judgeKey(key, ca, options)];
}

/** Checks a certificate with its key, and the CA in the same folder. */
export function judgePair(pair: Pair, options: JudgeOptions): Verdict[] {
  const { dir, now } = options;
  let own: X509Certificate | undefined;
  const verdict = judged(pair.cert, () => {
    const [first, ...between] = readCertificates(`${dir}/${pair.cert}`) as [X509Certificate];
    own = first;
    const { version, signature, uses } = factsOf(new Uint8Array(first.raw));
    const names = alternativeNames(first);
    const can = (use: string) => uses === undefined || uses.includes(use) || uses.includes(ANY);
    const problems = [
      ...timeProblems(first, now),
      ...version < 3
        ? [
          problem(
            `it is of version ${version}, which TLS libraries refuse`,
            "create it again as v3",
          ),
        ]
        : [],
      ...BROKEN.includes(signature)
        ? [
          problem("it is signed with SHA-1 or MD5, which is refused", "sign it again with SHA-256"),
        ]
        : [],
      ...useProblems(pair.role, can),
      ...pair.ca === undefined ? [] : chainProblems(first, between, `${dir}/${pair.ca}`, pair.ca),
    ];
    const serves = can(SERVER) && pair.role !== "client";
    if (serves) problems.push(...nameProblems(first, names, options));
    const kind = can(SERVER) && can(CLIENT)
      ? "daemon or client"
      : can(SERVER)
      ? "daemon"
      : "client";
    return {
      about:
        `${kind} ${subjectOf(first)}${serves ? ` for ${names.join(", ") || "no host"}` : ""}, ` +
        `signed by ${issuerOf(first)}, until ${day(first.validToDate)}`,
      problems,
    };
  });
  return [verdict, judgeKey(pair.key, own, options)];
}

/** Checks a private key. @param own the certificate that the key must belong to */
function judgeKey(
  file: string,
  own: X509Certificate | undefined,
  { dir }: JudgeOptions,
): Verdict {
  return judged(file, () => {
    const path = `${dir}/${file}`;
    const key = readKey(path);
    const problems: Problem[] = [];
    if (own !== undefined && !own.checkPrivateKey(key)) {
      problems.push(
        problem(
          "it belongs to another certificate",
          "use the key and the certificate that were created together",
        ),
      );
    }
    const mode = Deno.statSync(path).mode ?? 0;
    if (Deno.build.os !== "windows" && (mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, "0");
      problems.push(problem(`other users can read it (mode ${octal})`, `chmod 600 ${path}`));
    }
    return { about: `key, ${key.asymmetricKeyType}`, problems };
  });
}

/** Checks that each side's certificate is signed by the other side's CA. */
export function judgeAcross(pairs: readonly Pair[], { dir }: JudgeOptions): Verdict[] {
  const daemon = pairs.find(({ role }) => role === "daemon");
  const client = pairs.find(({ role }) => role === "client");
  if (daemon?.ca === undefined || client?.ca === undefined || daemon.ca === client.ca) return [];
  return [[daemon, client], [client, daemon]].flatMap(([one, other]) => {
    try {
      const [own, ...between] = readCertificates(`${dir}/${one!.cert}`) as [X509Certificate];
      const problems = chainProblems(own, between, `${dir}/${other!.ca}`, other!.ca!);
      return problems.length > 0 ? [{ file: one!.cert, about: "", problems }] : [];
    } catch {
      // `judgeAuthority` and `judgePair` report unreadable files.
      return [];
    }
  });
}

function judged(file: string, judge: () => Omit<Verdict, "file">): Verdict {
  try {
    return { file, ...judge() };
  } catch (error) {
    const remedy = "put the right file in its place";
    return { file, about: "", problems: [problem((error as Error).message, remedy)] };
  }
}

function timeProblems({ validFromDate, validToDate }: X509Certificate, now: number): Problem[] {
  if (validToDate.getTime() < now) {
    return [problem(`it expired on ${day(validToDate)}`, "create it again")];
  }
  if (validFromDate.getTime() > now) {
    return [problem(`it is not valid before ${day(validFromDate)}`, "check this machine's clock")];
  }
  return [];
}

function useProblems(role: Pair["role"], can: (use: string) => boolean): Problem[] {
  if (role === "daemon" && !can(SERVER)) {
    return [problem("it is not for servers", "create it again, with extendedKeyUsage serverAuth")];
  }
  if (role !== "daemon" && !can(CLIENT) && (role === "client" || !can(SERVER))) {
    return [problem("it is not for clients", "create it again, with extendedKeyUsage clientAuth")];
  }
  return [];
}

function nameProblems(
  own: X509Certificate,
  names: readonly string[],
  { hosts }: JudgeOptions,
): Problem[] {
  if (names.length === 0) {
    return [
      problem(
        "it has no subjectAltName, and clients no longer accept the common name",
        "create it again, with the names by which clients reach the daemon",
      ),
    ];
  }
  return hosts
    .filter(({ text }) => !holdsFor(own, text))
    .map(({ text }) =>
      problem(`it is not for ${text}`, `create it again, with --host ${[...names, text].join(",")}`)
    );
}

/** Follows the chain from the certificate to the CA, through the certificates in the same file. */
function chainProblems(
  own: X509Certificate,
  between: readonly X509Certificate[],
  caPath: string,
  caName: string,
): Problem[] {
  const roots = readCertificates(caPath);
  const signedBy = (one: X509Certificate, other: X509Certificate) =>
    one.issuer === other.subject && one.verify(other.publicKey);
  for (let at = own, steps = 0; steps <= between.length; steps++) {
    if (roots.some((root) => signedBy(at, root))) return [];
    const next = between.find((each) => each !== at && signedBy(at, each));
    if (next === undefined) break;
    at = next;
  }
  const namesake = roots.find((root) => root.subject === own.issuer);
  return [
    namesake
      ? problem(
        `it is signed by ${issuerOf(own)}, but with a different key from that of ${caName}`,
        "the CA was created again: use files that were created together",
      )
      : problem(
        `it is signed by ${issuerOf(own)}, which is not in ${caName}`,
        "put the CA that signed it there; an intermediate certificate belongs in the certificate's file",
      ),
  ];
}

function problem(what: string, remedy: string): Problem {
  return { what, remedy };
}
