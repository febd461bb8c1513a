// The rest of the chain: other contracts, modules, events. Calls run at once; one that fails has changed nothing, and
// the contract goes on.

import { Buffer, textOf, utf8 } from "./bytes";
import { fail } from "./call";
import { Coin, coinsText } from "./context";
import * as host from "./host";

/** For `points`: all that are left. */
export const ALL_POINTS: i64 = -1;

/** What a call returned, or why it failed. */
export class Answer {
  constructor(readonly ok: bool, readonly bytes: Uint8Array) {}

  get text(): string {
    return textOf(this.bytes);
  }

  /** What it returned; if it failed, ends this call too, with `what` and the words of the failure. */
  orFail(what: string): Uint8Array {
    if (!this.ok) fail(what + ": " + this.text);
    return this.bytes;
  }
}

function answered(code: i32): Answer {
  const bytes = new Uint8Array(host.answer(0, 0));
  host.answer(bytes.dataStart, bytes.byteLength);
  return new Answer(code == 0, bytes);
}

/** Calls a contract for at most `points`, with coins of this one. */
export function execute(contract: string, message: Uint8Array, funds: Coin[] = [], points: i64 = ALL_POINTS): Answer {
  const to = utf8(contract);
  const coins = utf8(coinsText(funds));
  return answered(
    host.execute(to.dataStart, to.byteLength, message.dataStart, message.byteLength, coins.dataStart, coins.byteLength, points)
  );
}

/** Executes a module's message: its type URL and protobuf bytes. The contract is its only signer. */
export function send(typeUrl: string, message: Uint8Array, points: i64 = ALL_POINTS): Answer {
  const type = utf8(typeUrl);
  return answered(host.send(type.dataStart, type.byteLength, message.dataStart, message.byteLength, points));
}

/** Asks a module: the path of a gRPC method and protobuf bytes. */
export function query(path: string, request: Uint8Array): Answer {
  const method = utf8(path);
  return answered(host.query(method.dataStart, method.byteLength, request.dataStart, request.byteLength));
}

/** Asks a contract. */
export function ask(contract: string, message: Uint8Array): Answer {
  const to = utf8(contract);
  return answered(host.ask(to.dataStart, to.byteLength, message.dataStart, message.byteLength));
}

/** An event: `new Event("sold").add("to", buyer).emit()`. */
export class Event {
  private attributes: Buffer = new Buffer();

  constructor(private type: string) {}

  add(key: string, value: string): Event {
    this.attributes.prefixed(utf8(key)).prefixed(utf8(value));
    return this;
  }

  emit(): void {
    const type = utf8(this.type);
    const list = this.attributes.finish();
    host.event(type.dataStart, type.byteLength, list.dataStart, list.byteLength);
  }
}
