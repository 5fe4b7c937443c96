/** Functions that read and write JSON and CSV. */
import { Diagnostic } from "../diagnostic.ts";
import { FunctionError } from "../function.ts";
import { fromJson, toJson } from "../values/json_text.ts";
import { CsvError, csvRecords } from "../../../base/go/csv.ts";
import { quote } from "../../../base/go/quote.ts";
import { object, STRING } from "../values/type.ts";
import { listOf, objectOf, stringOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, textIn } from "./define.ts";

function jsondecode([text]: Args): Value {
  try {
    return fromJson(textIn(text));
  } catch (error) {
    if (error instanceof Diagnostic) throw new FunctionError(`${error.summary}: ${error.detail}`);
    throw error instanceof Error ? new FunctionError(error.message) : error;
  }
}

function jsonencode([value]: Args): Value {
  try {
    return stringOf(toJson(value));
  } catch (error) {
    if (error instanceof Error && /infinity/.test(error.message)) {
      throw new FunctionError(error.message);
    }
    throw error;
  }
}

function csvdecode([text]: Args): Value {
  try {
    return rows(textIn(text));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new FunctionError(`CSV parse error on line ${error.line}: ${error.problem}`);
  }
}

function rows(text: string): Value {
  const records = csvRecords(text);
  const header = records.next().value?.fields as string[] | undefined;
  if (header === undefined) throw new FunctionError("missing header line");
  const names = new Set<string>();
  const twice = header.find((name) => names.size === names.add(name).size);
  if (twice !== undefined) throw new FunctionError(`duplicate column name ${quote(twice)}`);
  const found: Value[] = [];
  for (const { fields, line } of records) {
    if (fields.length !== header.length) {
      throw new FunctionError(`CSV parse error on line ${line}: wrong number of fields`);
    }
    found.push(objectOf(new Map(header.map((name, i) => [name, stringOf(fields[i]!)]))));
  }
  return listOf(object(new Map(header.map((name) => [name, STRING]))), found);
}

export const functions: Functions = {
  jsondecode: define("str:string", jsondecode),
  jsonencode: define("val?:any", jsonencode),
  csvdecode: define("str:string", csvdecode),
};
