/** `bcrypt()`, a hash of passwords that is slow on purpose. */
import { encodeBase64, hashSync } from "bcryptjs";
import type { Budget } from "../../budget.ts";
import { FunctionError } from "../function.ts";
import { stringOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, integerIn, textIn } from "./define.ts";

const DEFAULT_COST = 10;
const MIN_COST = 4;
/** Each step of the cost doubles the time. 16 takes some ten seconds. */
const MAX_COST = 16;
/** Steps of the evaluation for a round. One hash of the highest cost is within the limit. */
const STEPS_PER_ROUND = 24;

/**
 * `$2a$COST$SALT+HASH`.
 * @param password of 72 bytes of UTF-8 at most
 * @param salt of 16 bytes
 */
export function bcrypt(password: string, cost: number, salt: Uint8Array): string {
  const number = String(cost).padStart(2, "0");
  return hashSync(password, `$2a$${number}$${encodeBase64([...salt], 16)}`);
}

function bcryptFunction([text, ...costs]: Args, budget: Budget): Value {
  if (costs.length > 1) throw new FunctionError("bcrypt() takes no more than two arguments");
  const fail = (why: string) => new FunctionError(`error occured generating password ${why}`);
  const asked = costs.length === 0 ? DEFAULT_COST : integerIn(costs[0]);
  const cost = asked < MIN_COST ? DEFAULT_COST : asked;
  if (cost > 31) {
    throw fail(`crypto/bcrypt: cost ${cost} is outside allowed inclusive range 4..31`);
  }
  if (cost > MAX_COST) throw fail(`fairlead refuses a cost above ${MAX_COST}: it takes minutes`);
  if (new TextEncoder().encode(textIn(text)).length > 72) {
    throw fail("bcrypt: password length exceeds 72 bytes");
  }
  budget.step(STEPS_PER_ROUND * 2 ** cost);
  return stringOf(bcrypt(textIn(text), cost, crypto.getRandomValues(new Uint8Array(16))));
}

export const functions: Functions = {
  bcrypt: define("str:string ...cost:number", bcryptFunction),
};
