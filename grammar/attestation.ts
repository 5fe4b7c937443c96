import { readBool } from "../base/go/bool.ts";
import { boolOf, fieldsOf, pairsOf, refuse, take } from "./pairs.ts";

/** One `--attest`, or entry of bake's `attest`. */
export interface Attestation {
  readonly type: string;
  /** Whether the attestation is turned off. */
  readonly disabled: boolean;
  readonly attrs: ReadonlyMap<string, string>;
}

/** Reads `type=T[,disabled=BOOL],key=value…`. Throws `UsageError`, in buildx's words. */
export function parseAttestation(text: string): Attestation {
  const attrs = pairsOf(
    fieldsOf(text),
    (key) => {
      const known = key.toLowerCase().trim();
      return known === "type" || known === "disabled" ? known : key;
    },
    "write key=value, like type=sbom or mode=max",
  );
  const disabled = attrs.get("disabled");
  attrs.delete("disabled");
  const isDisabled = disabled !== undefined &&
    boolOf(disabled, `disabled=${disabled}`, "it is true or false");
  const type = take(attrs, "type");
  if (type === "") refuse("attestation type not specified");
  return { type, disabled: isDisabled, attrs };
}

/** `--sbom=V` or `--provenance=V` as a value of `--attest`. V is a boolean, or has attributes. */
export function attestationText(type: string, value: string): string {
  const wanted = readBool(value);
  return `type=${type},${wanted === undefined ? value : `disabled=${!wanted}`}`;
}
