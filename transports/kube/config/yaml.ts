/** Reads the YAML of kubeconfigs. This module is loaded only when a kubeconfig is read. */
import { parseDocument } from "yaml";

/** A text that is no YAML. The message doesn't quote it: it may hold a secret. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

/** The document's value. Every scalar stays a string, so a token of digits is no number. */
export function readYaml(text: string): unknown {
  const document = parseDocument(text, { schema: "failsafe", prettyErrors: false });
  const [error] = document.errors;
  if (error === undefined) return document.toJS();
  const line = text.slice(0, error.pos[0]).split("\n").length;
  throw new YamlError(`line ${line}: ${error.code.toLowerCase().replaceAll("_", " ")}`);
}
