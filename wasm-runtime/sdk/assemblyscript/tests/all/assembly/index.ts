// Calls each function of the package; wasm-runtime/tests/bus/assemblyscript.rs says what must come of it.

import {
  Buffer,
  Coin,
  DESCENDING,
  Event,
  Json,
  JsonKind,
  JsonWriter,
  Key,
  ProtoReader,
  ProtoWriter,
  Scan,
  Stored,
  Table,
  TextItem,
  U64Item,
  address,
  ask,
  bank,
  context,
  crypto,
  debug,
  ensure,
  equal,
  execute as call,
  fail,
  fromHex,
  hex,
  isUtf8,
  message,
  output,
  panic,
  query as askModule,
  send,
  service,
  storage,
  textOf,
  tryText,
  utf8
} from "slsbft/assembly";

export { slsbft_abi_1 } from "slsbft/assembly";

export function execute(): void {
  run();
}

export function query(): void {
  run();
}

export function instantiate(): void {
  debug("instantiated");
}

export function migrate(): void {
  debug("migrated");
}

export function hook(): void {
  debug("hook " + textOf(message()) + " from `" + context.sender() + "`");
}

function run(): void {
  const msg = Json.parse(message()).only();
  const to = new JsonWriter();
  if (msg.name == "echo") echo(msg, to);
  else if (msg.name == "typed") typed(msg, to);
  else if (msg.name == "keep") keep(msg, to);
  else if (msg.name == "scan") scan(msg, to);
  else if (msg.name == "items") items(to);
  else if (msg.name == "table") table(msg, to);
  else if (msg.name == "context") around(msg, to);
  else if (msg.name == "address") addresses(msg, to);
  else if (msg.name == "hashes") hashes(bytes(msg), to);
  else if (msg.name == "signatures") signatures(msg, to);
  else if (msg.name == "batch") batch(msg, to);
  else if (msg.name == "calls") calls(msg, to);
  else if (msg.name == "modules") modules(to);
  else if (msg.name == "proto") proto(bytes(msg), to);
  else if (msg.name == "text") texts(bytes(msg), to);
  else end(msg);
  output(to.finish());
}

function bytes(json: Json): Uint8Array {
  const found = fromHex(json.text());
  if (found === null) fail(json.place + " must be hexadecimal");
  return found!;
}

function orNull(found: Uint8Array | null, to: JsonWriter): void {
  if (found === null) to.nil();
  else to.text(hex(found));
}

function echo(json: Json, to: JsonWriter): void {
  if (json.kind == JsonKind.Object) {
    to.object();
    for (let i = 0; i < json.items.length; i++) {
      to.key(json.items[i].name);
      echo(json.items[i], to);
    }
    to.end();
  } else if (json.kind == JsonKind.Array) {
    to.array();
    for (let i = 0; i < json.items.length; i++) echo(json.items[i], to);
    to.end();
  } else if (json.kind == JsonKind.Text) to.text(json.text());
  else if (json.kind == JsonKind.Bool) to.bool(json.bool());
  else if (json.kind == JsonKind.Number) to.text(json.number());
  else {
    ensure(json.isNull(), "no kind of value");
    to.nil();
  }
}

function typed(msg: Json, to: JsonWriter): void {
  msg.allow(["u64", "i64", "amount", "text", "bool", "list"]);
  to.array();
  if (msg.find("u64")) to.u64(msg.get("u64").u64());
  if (msg.find("i64")) to.i64(msg.get("i64").i64());
  if (msg.find("amount")) to.amount(msg.get("amount").amount());
  if (msg.find("text")) to.text(msg.get("text").text());
  if (msg.find("bool")) to.bool(msg.get("bool").bool());
  if (msg.find("list")) to.u64(msg.get("list").list()[0].get("n").u64());
  to.end();
}

function keep(msg: Json, to: JsonWriter): void {
  const key = utf8(msg.get("key").text());
  const before = storage.get(key);
  if (msg.find("value")) storage.set(key, utf8(msg.get("value").text()));
  else storage.remove(key);
  to.object().key("before");
  orNull(before, to);
  to.key("has").bool(storage.has(key)).end();
}

function scan(msg: Json, to: JsonWriter): void {
  const prefix = msg.find("prefix");
  const order = msg.find("descending") ? DESCENDING : storage.ASCENDING;
  const end = msg.find("end");
  const found = prefix
    ? Scan.prefix(bytes(prefix), order)
    : new Scan(utf8(msg.get("start").text()), end ? utf8(end.text()) : null, order);
  to.array();
  while (found.next()) to.array().text(hex(found.key)).u64(found.value.byteLength).end();
  ensure(!found.next(), "an iterator ends once");
  to.end();
}

function items(to: JsonWriter): void {
  const number = new U64Item("number");
  const text = new TextItem("text");
  to.array().u64(number.get(7)).text(text.get("none"));
  number.set(u64.MAX_VALUE);
  text.set("größer");
  to.u64(number.get()).text(text.get());
  to.text(hex(new Key("a").u64(1).text("b").bytes(utf8("c")).finish())).end();
}

class Pair implements Stored {
  left: u64 = 0;
  right: string = "";

  write(to: ProtoWriter): void {
    to.u64(1, this.left).text(2, this.right);
  }

  read(from: ProtoReader): void {
    if (from.field == 1) this.left = from.u64();
    else if (from.field == 2) this.right = from.text();
  }
}

function table(msg: Json, to: JsonWriter): void {
  const pairs = new Table<Pair>("pair");
  const ids = msg.list();
  for (let i = 0; i < ids.length; i++) {
    const pair = new Pair();
    pair.left = ids[i].u64();
    pair.right = "the " + pair.left.toString();
    pairs.set(pair.left, pair);
  }
  pairs.remove(ids[0].u64());
  to.array().bool(pairs.get(ids[0].u64()) === null).text(pairs.get(ids[1].u64())!.right);
  const found = pairs.list(2, 3);
  for (let i = 0; i < found.length; i++) to.u64(found[i].id).u64(found[i].value.left);
  to.end();
}

function around(msg: Json, to: JsonWriter): void {
  to.object().key("height").u64(context.height()).key("time").u64(context.time()).key("seconds").u64(context.seconds());
  to.key("chain").text(context.chainId()).key("self").text(context.self()).key("sender").text(context.sender());
  to.key("funds").array();
  const funds = context.funds();
  for (let i = 0; i < funds.length; i++) to.text(funds[i].toString());
  to.end().key("tx").i64(context.txIndex()).key("hash");
  orNull(context.txHash(), to);
  const before = context.pointsLeft();
  to.key("points").bool(before > 0 && context.pointsLeft() < before).key("beacon");
  orNull(context.beacon(msg.get("beacon").u64()), to);
  to.end();
}

function addresses(msg: Json, to: JsonWriter): void {
  const text = msg.text();
  const found = address.toBytes(text);
  to.object().key("valid").bool(address.isValid(text)).key("bytes");
  orNull(found, to);
  to.key("back");
  const back = found === null ? address.fromBytes(fromHex("ff")!) : address.fromBytes(found);
  if (back === null) to.nil();
  else to.text(back);
  to.end();
}

function hashes(from: Uint8Array, to: JsonWriter): void {
  to.array().text(hex(crypto.sha256(from))).text(hex(crypto.keccak256(from)));
  to.text(hex(crypto.blake2b(from))).text(hex(crypto.blake2b(from, 64))).end();
}

function signatures(msg: Json, to: JsonWriter): void {
  const from = bytes(msg.get("of"));
  const signature = bytes(msg.get("signature"));
  const key = bytes(msg.get("key"));
  to.array();
  if (msg.get("curve").text() == "ed25519") to.bool(crypto.ed25519Verify(from, signature, key));
  else if (msg.get("curve").text() == "secp256k1") {
    to.bool(crypto.secp256k1Verify(from, signature, key));
    orNull(crypto.secp256k1Recover(from, signature, 0), to);
    orNull(crypto.secp256k1Recover(from, signature, 1), to);
  } else {
    to.bool(crypto.secp256r1Verify(from, signature, key));
    orNull(crypto.secp256r1Recover(from, signature, 0), to);
    orNull(crypto.secp256r1Recover(from, signature, 1), to);
  }
  to.end();
}

function batch(msg: Json, to: JsonWriter): void {
  const all = new crypto.Ed25519Batch();
  const parts = msg.list();
  for (let i = 0; i + 2 < parts.length; i += 3) all.add(bytes(parts[i]), bytes(parts[i + 1]), bytes(parts[i + 2]));
  to.bool(all.verify());
}

/** Emits, calls and asks the contract that the message names. */
function calls(msg: Json, to: JsonWriter): void {
  const other = msg.text();
  new Event("before").add("a", "1").add("", "").emit();
  const done = call(other, utf8("hi"), [new Coin("uankr", 3), new Coin("x", 4)]);
  const cut = call(other, utf8("hi"), [], 1);
  const asked = ask(other, utf8("?"));
  new Event("after").emit();
  to.array().bool(done.ok).text(done.text).bool(cut.ok).text(cut.text).bool(asked.ok).text(asked.text).end();
  if (!asked.ok) asked.orFail("asking " + other);
}

function modules(to: JsonWriter): void {
  const sent = send("/a.Msg", utf8("m"), 5000);
  const asked = askModule("/a.Query/B", utf8("q"));
  to.array().text(sent.text).text(asked.text).text(hex(bank.send("bob", new Coin("uankr", 5)).bytes)).end();
}

function proto(from: Uint8Array, to: JsonWriter): void {
  const reader = new ProtoReader(from);
  to.array();
  while (reader.next()) {
    to.u64(reader.field).u64(reader.u64()).bool(reader.bool()).text(hex(reader.bytes()));
    if (reader.field == 9) {
      const inner = reader.inner();
      while (inner.next()) to.text(inner.text());
    }
  }
  const written = new ProtoWriter().u64(1, 300).u64(2, 0).bool(3, true).text(4, "t").bytes(5, utf8("")).item(6, utf8(""));
  to.text(hex(written.u64(7, u64.MAX_VALUE).finish())).end();
}

function texts(from: Uint8Array, to: JsonWriter): void {
  const text = tryText(from);
  to.object().key("utf8").bool(isUtf8(from)).key("same").bool(text !== null && equal(utf8(text), from)).key("level");
  const level = service.provider("bob");
  if (level === null) to.nil();
  else to.u64(level.level);
  to.key("any").bool(service.level("bob") !== null).key("balance").u64(text === "b" ? bank.balance("bob", "uankr") : 0);
  to.key("half").text(hex(utf8(String.fromCharCode(0xd800))));
  to.key("hex").bool(fromHex("0g") === null && fromHex("0") === null && equal(fromHex("aBF0")!, new Buffer().byte(0xab).byte(0xf0).finish()));
  to.end();
}

function end(msg: Json): void {
  if (msg.name == "fail") fail(msg.text());
  if (msg.name == "panic") panic(msg.text());
  if (msg.name == "throw") throw new Error(msg.text());
  if (msg.name == "bounds") msg.items[<i32>msg.u64()].text();
  if (msg.name == "nothing") context.nothingPaid();
  if (msg.name == "paid") context.paid("uankr");
  if (msg.name == "blake2b") crypto.blake2b(utf8(""), <i32>msg.u64());
  if (msg.name == "memory") new Uint8Array(<i32>msg.u64());
  fail("no message `" + msg.name + "`");
}
