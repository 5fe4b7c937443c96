import { quote } from "./quote.ts";

/**
 * Go's `strconv.ParseInt` of base 10. Throws an Error with Go's words.
 * @param call the name of the function in the error: `Atoi` has its own
 */
export function parseInteger(text: string, bits: 32 | 64 = 64, call = "ParseInt"): bigint {
  const fail = (problem: string): never => {
    throw new Error(`strconv.${call}: parsing ${quote(text)}: ${problem}`);
  };
  const value = /^[-+]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : fail("invalid syntax");
  return BigInt.asIntN(bits, value) === value ? value : fail("value out of range");
}
