// Addresses: as text everywhere, as bytes where they are kept short.

import { textOf, utf8 } from "./bytes";
import * as host from "./host";

/** Whether a text is an address as the chain writes it. */
export function isValid(text: string): bool {
  const bytes = utf8(text);
  return host.address_validate(bytes.dataStart, bytes.byteLength) == 1;
}

/** The bytes of an address, null if it is none. */
export function toBytes(text: string): Uint8Array | null {
  const bytes = utf8(text);
  const length = host.address_canonicalize(bytes.dataStart, bytes.byteLength, 0, 0);
  if (length < 0) return null;
  const out = new Uint8Array(length);
  host.address_canonicalize(bytes.dataStart, bytes.byteLength, out.dataStart, length);
  return out;
}

/** The address of bytes, null if there is none. */
export function fromBytes(bytes: Uint8Array): string | null {
  const length = host.address_humanize(bytes.dataStart, bytes.byteLength, 0, 0);
  if (length < 0) return null;
  const out = new Uint8Array(length);
  host.address_humanize(bytes.dataStart, bytes.byteLength, out.dataStart, length);
  return textOf(out);
}
