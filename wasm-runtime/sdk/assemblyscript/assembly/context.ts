// What is around the call.

import { Decimal, textOf } from "./bytes";
import { fail } from "./call";
import * as host from "./host";

/** The block's height. */
export function height(): u64 {
  return host.block_height();
}

/** The block's time, nanoseconds since 1970. */
export function time(): u64 {
  return host.block_time();
}

/** The same in whole seconds. */
export function seconds(): u64 {
  return host.block_time() / 1_000_000_000;
}

/** The chain's name. */
export function chainId(): string {
  const bytes = new Uint8Array(host.chain_id(0, 0));
  host.chain_id(bytes.dataStart, bytes.byteLength);
  return textOf(bytes);
}

/** The contract's own address. */
export function self(): string {
  const bytes = new Uint8Array(host.contract(0, 0));
  host.contract(bytes.dataStart, bytes.byteLength);
  return textOf(bytes);
}

/** Whose message it is; empty in `query` and `hook`. */
export function sender(): string {
  const bytes = new Uint8Array(host.sender(0, 0));
  host.sender(bytes.dataStart, bytes.byteLength);
  return textOf(bytes);
}

/** An amount of one denomination. */
export class Coin {
  constructor(readonly denom: string, readonly amount: u64) {}

  toString(): string {
    return this.amount.toString() + this.denom;
  }
}

/** Coins as the bus has them: `5uankr,7foo`. */
export function coinsText(coins: Coin[]): string {
  return coins.join(",");
}

/** The coins that came with the message as the host says them, of any amount. */
export function fundsText(): string {
  const bytes = new Uint8Array(host.funds(0, 0));
  host.funds(bytes.dataStart, bytes.byteLength);
  return textOf(bytes);
}

/** The coins that came with the message; ends the call if one is more than 64 bits. */
export function funds(): Coin[] {
  const text = fundsText();
  const coins: Coin[] = [];
  if (text.length == 0) return coins;
  const parts = text.split(",");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    let digits = 0;
    while (digits < part.length && part.charCodeAt(digits) >= 48 && part.charCodeAt(digits) <= 57) digits++;
    const amount = Decimal.parse(part.substring(0, digits));
    if (!amount.ok) fail("more of a coin was sent than this contract counts: " + part);
    coins.push(new Coin(part.substring(digits), amount.value));
  }
  return coins;
}

/** How much of `denom` came with the message; ends the call if there is any other coin. */
export function paid(denom: string): u64 {
  const coins = funds();
  if (coins.length == 0) return 0;
  if (coins.length > 1 || coins[0].denom != denom) fail("send " + denom + " only, not " + fundsText());
  return coins[0].amount;
}

/** Ends the call if coins came with the message. */
export function nothingPaid(): void {
  const text = fundsText();
  if (text.length > 0) fail("send no coins with this message, not " + text);
}

/** The transaction's place in the block, −1 outside of one. */
export function txIndex(): i32 {
  return host.tx_index();
}

/** The transaction's hash, null outside of one. */
export function txHash(): Uint8Array | null {
  const hash = new Uint8Array(32);
  return host.tx_hash(hash.dataStart) ? hash : null;
}

/** What is left of the budget. */
export function pointsLeft(): i64 {
  return host.points_left();
}

/**
 * The chain's random beacon at a height, null if it is not known yet or forgotten. Let a message name a height that
 * is still to come, and read the beacon in a later one: what is known when a message is sent decides nothing.
 */
export function beacon(height: u64): Uint8Array | null {
  const value = new Uint8Array(32);
  return host.beacon(height, value.dataStart) ? value : null;
}
