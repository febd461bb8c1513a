// The call itself: its message, its output, its end.

import { utf8 } from "./bytes";
import * as host from "./host";

/** Export this from the contract: it says which interface it was written for. */
export function slsbft_abi_1(): void {}

/** The message. */
export function message(): Uint8Array {
  const bytes = new Uint8Array(host.input(0, 0));
  host.input(bytes.dataStart, bytes.byteLength);
  return bytes;
}

/** Sets what the call returns; the last one counts. */
export function output(bytes: Uint8Array): void {
  host.output(bytes.dataStart, bytes.byteLength);
}

/** Ends the call with the contract's own error; all that it did is undone. */
export function fail(text: string): void {
  const bytes = utf8(text);
  host.fail(bytes.dataStart, bytes.byteLength);
  unreachable();
}

/** Ends the call with `text` unless something holds. A text that is put together costs even if it does; then `fail`. */
export function ensure(holds: bool, text: string): void {
  if (!holds) fail(text);
}

/** Ends the call as a program that gave up: for what should never happen. */
export function panic(text: string): void {
  const bytes = utf8(text);
  host.panic(bytes.dataStart, bytes.byteLength);
  unreachable();
}

/** A text for the developer; no state depends on it. */
export function debug(text: string): void {
  const bytes = utf8(text);
  host.debug(bytes.dataStart, bytes.byteLength);
}

/** What `throw`, `assert` and failed checks of the language become. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const words = message ? message : "aborted";
  panic(words + " (" + (file ? file : "?") + ":" + line.toString() + ":" + column.toString() + ")");
}
