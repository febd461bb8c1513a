// Protocol buffers as far as messages of this chain need them; records of a contract's state are written so too, as
// fields can be added to them later.

import { Buffer, textOf, utf8 } from "./bytes";
import { panic } from "./call";

const VARINT = 0;
const BYTES = 2;

/** Writes fields; what is zero or empty is left out, as proto3 does. */
export class ProtoWriter {
  private out: Buffer = new Buffer();

  private varint(value: u64): void {
    while (value > 0x7f) {
      this.out.byte(<u8>value | 0x80);
      value >>= 7;
    }
    this.out.byte(<u8>value);
  }

  /** A uint64, uint32, bool or enum; int64 and int32 if cast. */
  u64(field: u32, value: u64): ProtoWriter {
    if (value != 0) {
      this.varint((field << 3) | VARINT);
      this.varint(value);
    }
    return this;
  }

  bool(field: u32, value: bool): ProtoWriter {
    return this.u64(field, value ? 1 : 0);
  }

  bytes(field: u32, value: Uint8Array): ProtoWriter {
    return value.byteLength == 0 ? this : this.item(field, value);
  }

  text(field: u32, value: string): ProtoWriter {
    return this.bytes(field, utf8(value));
  }

  /** A message, or one item of a repeated field: written even if it is empty. */
  item(field: u32, value: Uint8Array): ProtoWriter {
    this.varint((field << 3) | BYTES);
    this.varint(value.byteLength);
    this.out.bytes(value);
    return this;
  }

  finish(): Uint8Array {
    return this.out.finish();
  }
}

/** Reads fields one after the other; ends the call at bytes that are no message. Fields not looked at are skipped. */
export class ProtoReader {
  private at: i32 = 0;
  private number: u64 = 0;
  private part: Uint8Array = new Uint8Array(0);
  /** The number of the field that `next` found. */
  field: u32 = 0;

  constructor(private message: Uint8Array) {}

  /** Goes to the next field, false at the end. */
  next(): bool {
    if (this.at == this.message.byteLength) return false;
    const tag = this.varint();
    if (tag < 8 || tag > u32.MAX_VALUE) panic("malformed protobuf: no field has this number");
    this.field = <u32>(tag >> 3);
    this.number = 0;
    this.part = new Uint8Array(0);
    switch (<i32>(tag & 7)) {
      case VARINT:
        this.number = this.varint();
        break;
      case 1:
        this.part = this.take(8);
        break;
      case BYTES:
        this.part = this.take(this.varint());
        break;
      case 5:
        this.part = this.take(4);
        break;
      default:
        panic("malformed protobuf: an unknown wire type");
    }
    return true;
  }

  private varint(): u64 {
    let value: u64 = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at == this.message.byteLength) break;
      const byte = <u64>unchecked(this.message[this.at++]);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    panic("malformed protobuf: no number");
    return 0;
  }

  private take(length: u64): Uint8Array {
    if (length > <u64>(this.message.byteLength - this.at)) panic("malformed protobuf: a field is cut off");
    const from = this.at;
    this.at += <i32>length;
    return this.message.subarray(from, this.at);
  }

  /** The field's number; 0 if it has none. */
  u64(): u64 {
    return this.number;
  }

  bool(): bool {
    return this.number != 0;
  }

  /** The field's bytes, not a copy; empty if it has none. */
  bytes(): Uint8Array {
    return this.part;
  }

  text(): string {
    return textOf(this.part);
  }

  inner(): ProtoReader {
    return new ProtoReader(this.part);
  }
}
