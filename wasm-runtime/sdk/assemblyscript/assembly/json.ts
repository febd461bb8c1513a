// JSON as messages are made of it. Numbers are kept as they were written, so none is rounded; whoever wants a number
// says of which kind. Amounts are text on this chain.

import { Buffer, Decimal, isUtf8, textOf } from "./bytes";
import { fail } from "./call";

/** How deep arrays and objects may nest. */
export const MAX_DEPTH: i32 = 32;

export const enum JsonKind {
  Null,
  Bool,
  Number,
  Text,
  Array,
  Object
}

/** The items of what has none: an array for each value would double the memory that a message takes. */
const NONE: Json[] = [];

/** A value. What it is asked for and is not ends the call, with its place in the message. */
export class Json {
  /** Of an array or object. */
  readonly items: Json[];
  /** The key in the object, or the place in the array, that it was found at. */
  name: string = "";
  private parent: Json | null = null;

  constructor(readonly kind: JsonKind, private token: string) {
    this.items = kind >= JsonKind.Array ? [] : NONE;
  }

  /** Reads a message; bytes that are no JSON end the call. */
  static parse(bytes: Uint8Array): Json {
    const reader = new Reader(bytes);
    const value = reader.all();
    if (value === null) fail("no JSON: " + reader.error);
    return value!;
  }

  /** The same, null if it is none. */
  static tryParse(bytes: Uint8Array): Json | null {
    return new Reader(bytes).all();
  }

  /** @internal */
  push(item: Json, name: string): void {
    item.name = name;
    item.parent = this;
    this.items.push(item);
  }

  /** Where it stands: `bid.price`. */
  get place(): string {
    const parent = this.parent;
    if (parent === null) return "the message";
    return parent.parent === null ? this.name : parent.place + "." + this.name;
  }

  private expected(what: string): void {
    fail(this.place + " must be " + what);
  }

  /** A member, null if there is none. */
  find(key: string): Json | null {
    if (this.kind != JsonKind.Object) this.expected("an object");
    for (let i = 0; i < this.items.length; i++) {
      if (this.items[i].name == key) return this.items[i];
    }
    return null;
  }

  /** A member that must be there. */
  get(key: string): Json {
    const found = this.find(key);
    if (found === null) fail(this.place + " must have `" + key + "`");
    return found!;
  }

  /** The only member of an object: `{"bid":{…}}`. Its name says which message it is. */
  only(): Json {
    if (this.kind != JsonKind.Object || this.items.length != 1) this.expected("an object with one member");
    return this.items[0];
  }

  /** Ends the call if an object has members beside these: a misspelt one is not left out in silence. */
  allow(keys: string[]): Json {
    if (this.kind != JsonKind.Object) this.expected("an object");
    for (let i = 0; i < this.items.length; i++) {
      const name = this.items[i].name;
      if (!keys.includes(name)) fail(this.place + " has no `" + name + "`");
    }
    return this;
  }

  /** The items of an array. */
  list(): Json[] {
    if (this.kind != JsonKind.Array) this.expected("a list");
    return this.items;
  }

  text(): string {
    if (this.kind != JsonKind.Text) this.expected("a text");
    return this.token;
  }

  bool(): bool {
    if (this.kind != JsonKind.Bool) this.expected("true or false");
    return this.token == "true";
  }

  isNull(): bool {
    return this.kind == JsonKind.Null;
  }

  /** A whole number, 0 to 2⁶⁴ − 1. */
  u64(): u64 {
    const number = Decimal.parse(this.token);
    if (this.kind != JsonKind.Number || !number.ok) this.expected("a whole number from 0 to 18446744073709551615");
    return number.value;
  }

  /** A whole number, −2⁶³ to 2⁶³ − 1. */
  i64(): i64 {
    const negative = this.token.startsWith("-");
    const number = Decimal.parse(negative ? this.token.substring(1) : this.token);
    const most = <u64>i64.MAX_VALUE + (negative ? 1 : 0);
    if (this.kind != JsonKind.Number || !number.ok || number.value > most) this.expected("a whole number of 64 bits");
    return negative ? <i64>(0 - number.value) : <i64>number.value;
  }

  /** An amount as this chain writes it: digits in a text. */
  amount(): u64 {
    const number = Decimal.parse(this.token);
    if (this.kind != JsonKind.Text || !number.ok) this.expected('an amount such as "5"');
    return number.value;
  }

  /** A number as it was written. */
  number(): string {
    if (this.kind != JsonKind.Number) this.expected("a number");
    return this.token;
  }
}

/** Reads by the grammar of RFC 8259, without repeated keys. */
class Reader {
  private at: i32 = 0;
  private end: i32;
  error: string = "";

  constructor(private bytes: Uint8Array) {
    this.end = bytes.byteLength;
  }

  all(): Json | null {
    if (!isUtf8(this.bytes)) {
      this.error = "the text is no UTF-8";
      return null;
    }
    const value = this.value(0);
    if (value === null) return null;
    this.space();
    return this.at == this.end ? value : this.wrong("its end");
  }

  private wrong(expected: string): Json | null {
    if (this.error.length == 0) this.error = "expected " + expected + " at byte " + this.at.toString();
    return null;
  }

  /** The next byte, 0 at the end; a 0 in the text is no JSON either. */
  private peek(): u8 {
    return this.at < this.end ? unchecked(this.bytes[this.at]) : 0;
  }

  private take(byte: u8): bool {
    if (this.peek() != byte || this.at == this.end) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (true) {
      const next = this.peek();
      if (next != 0x20 && next != 0x0a && next != 0x0d && next != 0x09) return;
      this.at++;
    }
  }

  private value(depth: i32): Json | null {
    this.space();
    const next = this.peek();
    if (next == 0x7b || next == 0x5b) {
      if (depth == MAX_DEPTH) return this.wrong("no more than " + MAX_DEPTH.toString() + " lists and objects in each other");
      this.at++;
      return next == 0x7b ? this.object(depth + 1) : this.array(depth + 1);
    }
    if (next == 0x22) {
      const text = this.string();
      return text === null ? null : new Json(JsonKind.Text, text);
    }
    if (this.word("true")) return new Json(JsonKind.Bool, "true");
    if (this.word("false")) return new Json(JsonKind.Bool, "false");
    if (this.word("null")) return new Json(JsonKind.Null, "");
    return this.number();
  }

  private word(word: string): bool {
    if (this.end - this.at < word.length) return false;
    for (let i = 0; i < word.length; i++) {
      if (<i32>unchecked(this.bytes[this.at + i]) != word.charCodeAt(i)) return false;
    }
    this.at += word.length;
    return true;
  }

  private object(depth: i32): Json | null {
    const object = new Json(JsonKind.Object, "");
    this.space();
    if (this.take(0x7d)) return object;
    while (true) {
      this.space();
      const key = this.string();
      if (key === null) return null;
      if (object.find(key) !== null) return this.wrong("`" + key + "` once only");
      this.space();
      if (!this.take(0x3a)) return this.wrong("a colon");
      const value = this.value(depth);
      if (value === null) return null;
      object.push(value, key);
      this.space();
      if (this.take(0x7d)) return object;
      if (!this.take(0x2c)) return this.wrong("a comma or }");
    }
  }

  private array(depth: i32): Json | null {
    const array = new Json(JsonKind.Array, "");
    this.space();
    if (this.take(0x5d)) return array;
    while (true) {
      const value = this.value(depth);
      if (value === null) return null;
      array.push(value, array.items.length.toString());
      this.space();
      if (this.take(0x5d)) return array;
      if (!this.take(0x2c)) return this.wrong("a comma or ]");
    }
  }

  private number(): Json | null {
    const from = this.at;
    this.take(0x2d);
    if (!this.take(0x30) && !this.digits()) return this.wrong("a value");
    if (this.take(0x2e) && !this.digits()) return this.wrong("a digit");
    if (this.take(0x65) || this.take(0x45)) {
      if (!this.take(0x2b)) this.take(0x2d);
      if (!this.digits()) return this.wrong("a digit");
    }
    return new Json(JsonKind.Number, textOf(this.bytes.subarray(from, this.at)));
  }

  private digits(): bool {
    const from = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.at++;
    return this.at > from;
  }

  private string(): string | null {
    if (!this.take(0x22)) {
      this.wrong("a text in quotation marks");
      return null;
    }
    const from = this.at;
    let escaped: Buffer | null = null;
    while (true) {
      const next = this.peek();
      if (next < 0x20) {
        this.wrong("a quotation mark; line breaks and the like are written \\n");
        return null;
      }
      this.at++;
      if (next == 0x22) break;
      if (next == 0x5c) {
        // What came before is copied once, when the first escape is met.
        if (escaped === null) escaped = new Buffer().bytes(this.bytes.subarray(from, this.at - 1));
        if (!this.escape(escaped)) return null;
      } else if (escaped !== null) {
        escaped.byte(next);
      }
    }
    return textOf(escaped !== null ? escaped.finish() : this.bytes.subarray(from, this.at - 1));
  }

  private escape(out: Buffer): bool {
    const which = this.peek();
    this.at++;
    if (which == 0x22 || which == 0x5c || which == 0x2f) out.byte(which);
    else if (which == 0x62) out.byte(0x08);
    else if (which == 0x66) out.byte(0x0c);
    else if (which == 0x6e) out.byte(0x0a);
    else if (which == 0x72) out.byte(0x0d);
    else if (which == 0x74) out.byte(0x09);
    else if (which == 0x75) return this.unicode(out);
    else {
      this.at--;
      this.wrong("an escape such as \\n");
      return false;
    }
    return true;
  }

  private unicode(out: Buffer): bool {
    const first = this.hex4();
    if (first >= 0xd800 && first < 0xdc00 && this.word("\\u")) {
      const second = this.hex4();
      if (second >= 0xdc00 && second < 0xe000) {
        out.text(String.fromCharCode(first, second));
        return true;
      }
    } else if (first >= 0 && (first < 0xd800 || first >= 0xe000)) {
      out.text(String.fromCharCode(first));
      return true;
    }
    this.wrong("a character behind \\u");
    return false;
  }

  private hex4(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const next = <i32>this.peek();
      const lower = next | 32;
      if (next >= 0x30 && next <= 0x39) value = (value << 4) | (next - 0x30);
      else if (lower >= 0x61 && lower <= 0x66) value = (value << 4) | (lower - 0x57);
      else return -1;
      this.at++;
    }
    return value;
  }
}

/** Writes JSON: `new JsonWriter().object().key("count").u64(5).end().finish()`. */
export class JsonWriter {
  private out: Buffer = new Buffer();
  /** The brackets that are to be closed. */
  private open: u8[] = [];
  private first: bool = true;

  private begin(): Buffer {
    if (!this.first) this.out.byte(0x2c);
    this.first = false;
    return this.out;
  }

  object(): JsonWriter {
    this.begin().byte(0x7b);
    this.open.push(0x7d);
    this.first = true;
    return this;
  }

  array(): JsonWriter {
    this.begin().byte(0x5b);
    this.open.push(0x5d);
    this.first = true;
    return this;
  }

  /** Ends the last object or array. */
  end(): JsonWriter {
    this.out.byte(this.open.pop());
    this.first = false;
    return this;
  }

  key(key: string): JsonWriter {
    this.text(key);
    this.out.byte(0x3a);
    this.first = true;
    return this;
  }

  text(text: string): JsonWriter {
    const out = this.begin().byte(0x22);
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x20 && code != 0x22 && code != 0x5c) continue;
      out.text(text.substring(from, i));
      from = i + 1;
      if (code >= 0x20) out.byte(0x5c).byte(<u8>code);
      else out.text("\\u00").byte(code < 16 ? 0x30 : 0x31).byte(<u8>((code & 15) + ((code & 15) < 10 ? 48 : 87)));
    }
    out.text(text.substring(from)).byte(0x22);
    return this;
  }

  u64(value: u64): JsonWriter {
    this.begin().text(value.toString());
    return this;
  }

  i64(value: i64): JsonWriter {
    this.begin().text(value.toString());
    return this;
  }

  bool(value: bool): JsonWriter {
    this.begin().text(value ? "true" : "false");
    return this;
  }

  nil(): JsonWriter {
    this.begin().text("null");
    return this;
  }

  /** An amount as this chain writes it: digits in a text. */
  amount(value: u64): JsonWriter {
    return this.text(value.toString());
  }

  finish(): Uint8Array {
    return this.out.finish();
  }
}
