/**
 * A message with these values and zeros elsewhere. ts-proto's own `fromPartial` would double the
 * codecs' text, which every start reads; the few callers that need it can do with one level.
 */
export function messageOf<T extends object>(
  codec: { decode(bytes: Uint8Array): T },
  values: Partial<T>,
): T {
  return { ...codec.decode(new Uint8Array(0)), ...values };
}
