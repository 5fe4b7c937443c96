/** Kubernetes' notation for amounts: `500m`, `1.5`, `2Gi`, `1e3`. */

const GRAMMAR = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";
const SUFFIX = /^(?:[KMGTPE]i|[numkMGTPE]?|[eE][-+]?\d+)$/;

/**
 * Checks an amount, and gives it back; the API server brings it into its usual form. Throws an
 * Error with the words of apimachinery's `resource.ParseQuantity`, whose rules these are.
 */
export function checkQuantity(text: string): string {
  const shape = /^[+-]?\d*(?:\.\d*)?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text);
  if (text === "" || shape === null) {
    throw new Error(`quantities must match the regular expression '${GRAMMAR}'`);
  }
  if (!SUFFIX.test(shape[1]!)) throw new Error("unable to parse quantity's suffix");
  return text;
}
