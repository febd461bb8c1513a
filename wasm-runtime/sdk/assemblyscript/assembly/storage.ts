// The contract's state: keys and values of bytes, and typed places in it.

import { Buffer, textOf, utf8 } from "./bytes";
import { panic } from "./call";
import * as host from "./host";
import { ProtoReader, ProtoWriter } from "./protobuf";

export const ASCENDING: i32 = 1;
export const DESCENDING: i32 = 2;

/** The value at a key, null if there is none. One of more than 128 bytes is read, and paid for, twice. */
export function get(key: Uint8Array): Uint8Array | null {
  let value = new Uint8Array(128);
  const length = host.get(key.dataStart, key.byteLength, value.dataStart, value.byteLength);
  if (length < 0) return null;
  if (length <= value.byteLength) return value.subarray(0, length);
  value = new Uint8Array(length);
  host.get(key.dataStart, key.byteLength, value.dataStart, length);
  return value;
}

/** Whether there is a value at a key. */
export function has(key: Uint8Array): bool {
  return host.get(key.dataStart, key.byteLength, 0, 0) >= 0;
}

export function set(key: Uint8Array, value: Uint8Array): void {
  host.set(key.dataStart, key.byteLength, value.dataStart, value.byteLength);
}

/** Removes a key, if it is there. */
export function remove(key: Uint8Array): void {
  host.remove(key.dataStart, key.byteLength);
}

/** Records in the order of their keys: `while (scan.next()) use(scan.key, scan.value)`. */
export class Scan {
  private id: u32;
  private room: Uint8Array = new Uint8Array(256);
  key: Uint8Array = new Uint8Array(0);
  value: Uint8Array = new Uint8Array(0);

  /** From `start` up to and without `end` (null: to the last key). */
  constructor(start: Uint8Array, end: Uint8Array | null = null, order: i32 = ASCENDING) {
    const last = end ? end : new Uint8Array(0);
    this.id = host.scan(start.dataStart, start.byteLength, last.dataStart, end ? last.byteLength : -1, order);
  }

  /** All keys that begin with `prefix`. */
  static prefix(prefix: Uint8Array, order: i32 = ASCENDING): Scan {
    return new Scan(prefix, behind(prefix), order);
  }

  /** Goes to the next record, false at the end. */
  next(): bool {
    let length = host.next(this.id, this.room.dataStart, this.room.byteLength);
    if (length < 0) return false;
    if (length > this.room.byteLength) {
      this.room = new Uint8Array(length);
      length = host.next(this.id, this.room.dataStart, length);
    }
    const key = 4 + <i32>load<u32>(this.room.dataStart);
    this.key = this.room.slice(4, key);
    this.value = this.room.slice(key, length);
    return true;
  }
}

/** The first key behind all that begin with `prefix`, null if there is none. */
function behind(prefix: Uint8Array): Uint8Array | null {
  let length = prefix.byteLength;
  while (length > 0 && prefix[length - 1] == 0xff) length--;
  if (length == 0) return null;
  const end = prefix.slice(0, length);
  end[length - 1]++;
  return end;
}

/** A key of several parts, none of which can be mistaken for another's: `new Key("bid").u64(job).text(bidder)`. */
export class Key {
  private out: Buffer = new Buffer();

  constructor(name: string) {
    this.text(name);
  }

  /** Numbers sort as numbers. */
  u64(part: u64): Key {
    this.out.sortedU64(part);
    return this;
  }

  text(part: string): Key {
    return this.bytes(utf8(part));
  }

  /** Behind their length in two bytes. */
  bytes(part: Uint8Array): Key {
    if (part.byteLength > 0xffff) panic("a part of a key is longer than 65,535 bytes");
    this.out.byte(<u8>(part.byteLength >> 8)).byte(<u8>part.byteLength).bytes(part);
    return this;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }
}

/** A number, in 8 little-endian bytes. */
export class U64Item {
  private key: Uint8Array;

  constructor(name: string) {
    this.key = new Key(name).finish();
  }

  get(otherwise: u64 = 0): u64 {
    const value = get(this.key);
    if (value === null) return otherwise;
    if (value.byteLength != 8) panic("a stored number has no 8 bytes");
    return load<u64>(value.dataStart);
  }

  set(value: u64): void {
    const bytes = new Uint8Array(8);
    store<u64>(bytes.dataStart, value);
    set(this.key, bytes);
  }
}

/** A text. */
export class TextItem {
  private key: Uint8Array;

  constructor(name: string) {
    this.key = new Key(name).finish();
  }

  get(otherwise: string = ""): string {
    const value = get(this.key);
    return value === null ? otherwise : textOf(value);
  }

  set(value: string): void {
    set(this.key, utf8(value));
  }
}

/** What a class needs so that a `Table` keeps it. Its constructor has no parameters. */
export interface Stored {
  write(to: ProtoWriter): void;
  /** Called for each field; one that is not known is left alone. */
  read(from: ProtoReader): void;
}

/** A record of a `Table`. */
export class Row<V> {
  constructor(readonly id: u64, readonly value: V) {}
}

/** Records by number, in its order. */
export class Table<V extends Stored> {
  constructor(private name: string) {}

  private key(id: u64): Uint8Array {
    return new Key(this.name).u64(id).finish();
  }

  /** The record, null if there is none. */
  get(id: u64): V | null {
    const value = get(this.key(id));
    return value === null ? null : decode<V>(value);
  }

  set(id: u64, value: V): void {
    const to = new ProtoWriter();
    value.write(to);
    set(this.key(id), to.finish());
  }

  remove(id: u64): void {
    remove(this.key(id));
  }

  /** Up to `limit` records from number `start` on. */
  list(start: u64, limit: i32): Row<V>[] {
    const found: Row<V>[] = [];
    const scan = new Scan(this.key(start), behind(new Key(this.name).finish()));
    while (found.length < limit && scan.next()) {
      const id = bswap(load<u64>(scan.key.dataStart + scan.key.byteLength - 8));
      found.push(new Row(id, decode<V>(scan.value)));
    }
    return found;
  }
}

function decode<V extends Stored>(bytes: Uint8Array): V {
  const value = instantiate<V>();
  const from = new ProtoReader(bytes);
  while (from.next()) value.read(from);
  return value;
}
