/** `semvercmp()`: versions and their constraints: `^1.2`, `~1.2 || >=3, <4`, `1.2 - 1.4`. */
import type { Budget } from "../../budget.ts";
import { FunctionError } from "../function.ts";
import { boolOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, textIn } from "./define.ts";

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  /** The text behind the hyphen; "" for a release. */
  readonly pre: string;
}

interface Constraint {
  readonly operator: string;
  readonly version: Version;
  /** The count of given numbers. The others may be any. */
  readonly given: number;
}

const tail = String.raw`(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?` +
  String.raw`(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
const version = new RegExp(String.raw`^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?` + tail + "$");
const part = String.raw`[0-9|xX*]+`;
const wild = String.raw`v?(${part})(?:\.(${part}))?(?:\.(${part}))?` + tail;
const operators = "!=|>=|=>|<=|=<|~>|=|>|<|~|\\^|";
const one = new RegExp(String.raw`(${operators})\s*${wild}`, "g");
const shape = wild.replaceAll("((?!", "(?:").replaceAll(/\((?!\?)/g, "(?:");
const several = new RegExp(
  String.raw`^\s*(?:${operators})\s*${shape}\s*(?:(?:\s+|,\s*)(?:${operators})\s*${shape}\s*)*$`,
);
const span = new RegExp(String.raw`\s*(${shape})\s+-\s+(${shape})\s*`, "g");

function parseVersion(text: string): Version {
  const found = version.exec(text);
  if (found === null) throw new FunctionError("invalid semantic version");
  const [, major, minor = "0", patch = "0", pre = ""] = found;
  const numbers = [segment(major!), segment(minor), segment(patch)] as const;
  if (pre.split(".").some((part) => /^0\d+$/.test(part))) {
    throw new FunctionError("version segment starts with 0");
  }
  return { numbers, pre };
}

/** A number of a version, which must have 64 bits at most. */
function segment(digits: string): bigint {
  const number = BigInt(digits);
  if (BigInt.asUintN(64, number) === number) return number;
  const reason = `strconv.ParseUint: parsing "${digits}": value out of range`;
  throw new FunctionError(`error parsing version segment: ${reason}`);
}

function parseConstraints(text: string, budget: Budget): Constraint[][] {
  budget.step(text.length ** 2 / 256); // the pattern of spans goes back at every place
  const plain = text.replace(span, (_, from, to) => `>= ${from}, <= ${to} `);
  return plain.split("||").map((all) => {
    // The length is limited: the time of the check grows with its square, or faster.
    if (all.length > 256 || !several.test(all)) {
      throw new FunctionError(`improper constraint: ${all}`);
    }
    return [...all.matchAll(one)].map(parseConstraint);
  });
}

function parseConstraint(found: RegExpExecArray): Constraint {
  const [, operator, major, minor, patch, pre = ""] = found;
  const numbers = [major, minor, patch];
  const first = numbers.findIndex((number) => number === undefined || /^[xX*]$/.test(number));
  const given = first < 0 ? 3 : first;
  const known = numbers.map((number, i) => i < given ? number : "0");
  if (known.some((number) => !/^\d+$/.test(number!))) {
    throw new FunctionError("constraint parser error");
  }
  const [a, b, c] = known.map((number) => BigInt(number!));
  return { operator: operator!, version: { numbers: [a!, b!, c!], pre }, given };
}

function compare(a: Version, b: Version): number {
  for (const [i, number] of a.numbers.entries()) {
    if (number !== b.numbers[i]) return number < b.numbers[i]! ? -1 : 1;
  }
  if (a.pre === b.pre) return 0;
  if (a.pre === "" || b.pre === "") return a.pre === "" ? 1 : -1;
  return comparePre(a.pre.split("."), b.pre.split("."));
}

function comparePre(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [left = "", right = ""] = [a[i], b[i]];
    if (left === right) continue;
    if (left === "" || right === "") return left === "" ? -1 : 1;
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    if (leftNumber) return BigInt(left) < BigInt(right) ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

/** @param allowPre whether one of the constraints has a pre-release itself */
function satisfies(candidate: Version, constraint: Constraint, allowPre: boolean): boolean {
  if (candidate.pre !== "" && !allowPre) return false;
  const { operator, version, given } = constraint;
  const order = compare(candidate, version);
  const [major, minor, patch] = candidate.numbers;
  const [wantMajor, wantMinor, wantPatch] = version.numbers;
  switch (operator) {
    case "!=":
      return given === 3 ? order !== 0 : !alike(candidate, version, given);
    case ">":
      if (given === 3) return order > 0;
      if (major !== wantMajor) return major > wantMajor;
      return given === 2 ? minor > wantMinor : given === 0 ? order > 0 : false;
    case "<":
      return order < 0;
    case ">=":
    case "=>":
      return order >= 0;
    case "<=":
    case "=<":
      if (given === 3) return order <= 0;
      if (major > wantMajor) return false;
      return !(major === wantMajor && minor > wantMinor && given !== 1);
    case "^":
      if (order < 0) return false;
      if (wantMajor > 0n || given === 1) return major === wantMajor;
      if (major > 0n) return false;
      if (wantMinor > 0n || given === 2) return minor === wantMinor;
      return minor === 0n && patch === wantPatch;
    case "~":
    case "~>":
      return tilde(candidate, constraint, order);
    default:
      return given === 3 ? order === 0 : tilde(candidate, constraint, order);
  }
}

function tilde(candidate: Version, { version, given }: Constraint, order: number): boolean {
  if (order < 0) return false;
  const zero = version.numbers.every((number) => number === 0n);
  if (zero && (given === 0 || given === 3)) return true;
  if (candidate.numbers[0] !== version.numbers[0]) return false;
  return given === 1 || candidate.numbers[1] === version.numbers[1];
}

function alike(candidate: Version, version: Version, given: number): boolean {
  if (given === 0) return candidate.numbers.every((number, i) => number === version.numbers[i]);
  return candidate.numbers.slice(0, given).every((number, i) => number === version.numbers[i]);
}

function semvercmp([candidate, wanted]: Args, budget: Budget): Value {
  const version = parseVersion(textIn(candidate));
  return boolOf(
    parseConstraints(textIn(wanted), budget).some((all) => {
      const allowPre = all.some((constraint) => constraint.version.pre !== "");
      return all.every((constraint) => satisfies(version, constraint, allowPre));
    }),
  );
}

export const functions: Functions = {
  semvercmp: define("version:string contraint:string", semvercmp),
};
