// Bytes and text. Text of the host, of keys and of messages is UTF-8.

import { panic } from "./call";

/** Bytes that grow at their end. */
export class Buffer {
  private room: Uint8Array = new Uint8Array(64);
  /** How many bytes there are. */
  length: i32 = 0;

  private reserve(more: i32): usize {
    const needed = this.length + more;
    if (needed > this.room.byteLength) {
      const larger = new Uint8Array(max(needed, 2 * this.room.byteLength));
      memory.copy(larger.dataStart, this.room.dataStart, this.length);
      this.room = larger;
    }
    const at = this.room.dataStart + this.length;
    this.length = needed;
    return at;
  }

  byte(value: u8): Buffer {
    store<u8>(this.reserve(1), value);
    return this;
  }

  bytes(bytes: Uint8Array): Buffer {
    memory.copy(this.reserve(bytes.byteLength), bytes.dataStart, bytes.byteLength);
    return this;
  }

  /** As UTF-8; half of a surrogate pair becomes U+FFFD. */
  text(text: string): Buffer {
    const length = String.UTF8.byteLength(text);
    const at = this.reserve(length);
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at, false, String.UTF8.ErrorMode.REPLACE);
    return this;
  }

  /** Behind their length in 4 little-endian bytes, as the bus wants lists. */
  prefixed(bytes: Uint8Array): Buffer {
    store<u32>(this.reserve(4), bytes.byteLength);
    return this.bytes(bytes);
  }

  /** Eight bytes, the highest first: they sort as the numbers do. */
  sortedU64(value: u64): Buffer {
    store<u64>(this.reserve(8), bswap(value));
    return this;
  }

  /** A copy of what is there. */
  finish(): Uint8Array {
    return this.room.slice(0, this.length);
  }
}

/** Text as UTF-8; half of a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  return Uint8Array.wrap(String.UTF8.encode(text, false, String.UTF8.ErrorMode.REPLACE));
}

/** The text that UTF-8 says, null if it is none. */
export function tryText(bytes: Uint8Array): string | null {
  if (!isUtf8(bytes)) return null;
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.byteLength);
}

/** The same, where it must be text. */
export function textOf(bytes: Uint8Array): string {
  const text = tryText(bytes);
  if (text === null) panic("these bytes are no UTF-8");
  return text!;
}

/** Whether bytes are UTF-8: no overlong forms, no surrogates, nothing cut off. */
export function isUtf8(bytes: Uint8Array): bool {
  const length = bytes.byteLength;
  let at = 0;
  while (at < length) {
    const first = <u32>unchecked(bytes[at++]);
    if (first < 0x80) continue;
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || more > length - at) return false;
    let point = first & (0x3f >> more);
    for (const end = at + more; at < end; at++) {
      const next = <u32>unchecked(bytes[at]);
      if ((next & 0xc0) != 0x80) return false;
      point = (point << 6) | (next & 0x3f);
    }
    const least: u32 = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
  }
  return true;
}

/** Whether the same bytes. */
export function equal(left: Uint8Array, right: Uint8Array): bool {
  return left.byteLength == right.byteLength && memory.compare(left.dataStart, right.dataStart, left.byteLength) == 0;
}

/** Lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  const digits = new Buffer();
  for (let i = 0; i < bytes.byteLength; i++) {
    const byte = unchecked(bytes[i]);
    digits.byte(digit(byte >> 4)).byte(digit(byte & 15));
  }
  return textOf(digits.finish());
}

function digit(value: u8): u8 {
  return value + (value < 10 ? 48 : 87);
}

/** The bytes of hexadecimal digits of either case, null if the text is none. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length & 1) return null;
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < text.length; i += 2) {
    const high = valueOf(text.charCodeAt(i));
    const low = valueOf(text.charCodeAt(i + 1));
    if (high < 0 || low < 0) return null;
    unchecked(bytes[i >> 1] = <u8>((high << 4) | low));
  }
  return bytes;
}

function valueOf(code: i32): i32 {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** A number in decimal digits. */
export class Decimal {
  constructor(readonly ok: bool, readonly value: u64) {}

  /** Reads digits alone; not `ok` if there is anything else, or more than 64 bits. */
  static parse(text: string): Decimal {
    let value: u64 = 0;
    for (let i = 0; i < text.length; i++) {
      const next = <u64>(text.charCodeAt(i) - 48);
      if (next > 9 || value > (u64.MAX_VALUE - next) / 10) return new Decimal(false, 0);
      value = value * 10 + next;
    }
    return new Decimal(text.length > 0, value);
  }
}
