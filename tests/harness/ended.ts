/** Exit codes that tests expect of programs. */
import { equal } from "node:assert/strict";

interface Ended {
  readonly code: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The output of a program that must end with exit code 0. */
export function succeeds<T extends Ended>(running: Promise<T>): Promise<T> {
  return endsWith(0, running);
}

/** The output of a program that must end with exit code 1. */
export function fails<T extends Ended>(running: Promise<T>): Promise<T> {
  return endsWith(1, running);
}

async function endsWith<T extends Ended>(code: number, running: Promise<T>): Promise<T> {
  const ran = await running;
  equal(ran.code, code, `exit code ${ran.code}:\n${ran.stdout ?? ""}${ran.stderr ?? ""}`);
  return ran;
}
