import { equal } from "node:assert/strict";
import { BigFloat } from "./big_float.ts";

const number = (text: string) => BigFloat.parse(text)!;

Deno.test("numbers print in all their digits", () => {
  const third = number("10").divide(number("3"))!.text("f");
  equal(third, `3.${"3".repeat(153)}2`);
  equal(number("0.1").add(number("0.2"))!.text("f"), "0.3");
  equal(number("1e30").text("f"), `1${"0".repeat(30)}`);
  equal(number("-0").text("f"), "-0");
  equal(number("123456789012345678901234567890").text("f"), "123456789012345678901234567890");
  equal(number("0.000001").text("f"), "0.000001");
});

Deno.test("doubles and integers keep their own precision", () => {
  equal(BigFloat.ofDouble(0.1).text("f"), "0.1");
  equal(BigFloat.ofDouble(2 ** 60).text("f"), "1152921504606847000");
  equal(BigFloat.ofInteger(2n ** 60n).text("f"), "1152921504606846976");
  equal(BigFloat.ofDouble(5e-324).text("g"), "4.940656458412465e-324");
  equal(BigFloat.ofInteger(1).divide(BigFloat.ofInteger(3))!.text("f"), "0.33333333333333333334");
});

Deno.test("exponents, fixed places and the shorter of both", () => {
  equal(number("1234567").text("g"), "1.234567e+06");
  equal(number("12.5").text("e", 2), "1.25e+01");
  equal(number("2.5").text("f", 0), "2");
  equal(number("3.5").text("f", 0), "4");
  equal(number("9.99").text("f", 1), "10.0");
  equal(number("0.00001").text("g"), "1e-05");
});

Deno.test("infinity and what is no number", () => {
  const infinity = number("1").divide(number("0"))!;
  equal(infinity.text("f"), "+Inf");
  equal(infinity.subtract(infinity), undefined);
  equal(infinity.multiply(number("0")), undefined);
  equal(number("0").divide(number("0")), undefined);
  equal(number("-5").modulo(number("3"))!.text("f"), "-2");
  equal(number("5").modulo(number("0"))!.text("f"), "5");
});

Deno.test("texts that are numbers, and those that aren't", () => {
  for (const text of ["1", "1.", ".5", "1e3", "-1.5E-3", "+7", "007"]) {
    equal(BigFloat.parse(text) === undefined, false, text);
  }
  for (const text of ["", ".", "e5", "1e", "0x10", "1_0", " 1", "1e1000000000"]) {
    equal(BigFloat.parse(text), undefined, text);
  }
});

Deno.test("what prints alike is equal", () => {
  equal(number("0.1").equals(BigFloat.ofDouble(0.1)), true);
  equal(number("0.1").compare(BigFloat.ofDouble(0.1)) === 0, false);
  equal(number("-0").equals(number("0")), true);
  equal(number("1.0").equals(BigFloat.ofInteger(1)), true);
});
