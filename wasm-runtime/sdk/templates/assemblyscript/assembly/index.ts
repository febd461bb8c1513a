// A counter that anybody may raise.
//
//   instantiate  {} or {"count":40}
//   execute      {"add":{"by":2}}            answers {"count":42}
//   query        {"count":{}}                answers {"count":42}

import { Event, Json, JsonWriter, U64Item, context, ensure, fail, message, output } from "slsbft/assembly";

export { slsbft_abi_1 } from "slsbft/assembly";

const count = new U64Item("count");

export function instantiate(): void {
  const start = Json.parse(message()).allow(["count"]).find("count");
  count.set(start ? start.u64() : 0);
}

export function execute(): void {
  const msg = Json.parse(message()).only();
  if (msg.name == "add") add(msg.allow(["by"]).get("by").u64());
  else fail("no message `" + msg.name + "`; there is `add`");
}

export function query(): void {
  const msg = Json.parse(message()).only();
  if (msg.name == "count") answer(count.get());
  else fail("no question `" + msg.name + "`; there is `count`");
}

function add(by: u64): void {
  const before = count.get();
  ensure(by <= u64.MAX_VALUE - before, "the counter is full");
  count.set(before + by);
  new Event("counted").add("by", by.toString()).add("sender", context.sender()).emit();
  answer(before + by);
}

function answer(value: u64): void {
  output(new JsonWriter().object().key("count").u64(value).end().finish());
}
