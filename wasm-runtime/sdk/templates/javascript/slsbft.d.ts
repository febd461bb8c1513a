// What a contract sees of the chain, for editors. All of it, with limits and prices: docs/contracts/interpreters.md.

/** Text, which is taken as UTF-8, or bytes. */
type Bytes = string | Uint8Array;

/** The most points (a thousandth of a gas) that a call may use; a call that needs more fails and costs them. All that are left, if not named. */
type Points = number | bigint;

interface Coin {
  denom: string;
  amount: bigint;
}

interface Range {
  /** Keys that begin with it. */
  prefix?: Bytes;
  /** The first key. */
  start?: Bytes;
  /** The key before which to stop. */
  end?: Bytes;
  /** From the last to the first. */
  descending?: boolean;
}

declare const slsbft: {
  // ---- The contract's state: keys are text or bytes, at most 65,536; values at most 131,072 bytes. ----

  /** The value at a key, as JSON has it; undefined if there is none. A BigInt comes back as text: `BigInt(slsbft.get("sum"))`. */
  get(key: Bytes): any;
  /** Keeps what JSON has of a value. A BigInt is kept as its digits, in quotes. */
  set(key: Bytes, value: any): void;
  getBytes(key: Bytes): Uint8Array | undefined;
  setBytes(key: Bytes, value: Bytes): void;
  remove(key: Bytes): void;
  /** The keys of a range in order, each with its value. What is written meanwhile is seen. */
  scan(range?: Range & { bytes?: false }): IteratorObject<[string, any]>;
  scan(range: Range & { bytes: true }): IteratorObject<[Uint8Array, Uint8Array]>;

  // ---- Around the call ----

  /** The block's height. */
  readonly height: number;
  /** The block's time: nanoseconds since 1970. `Date.now()` is the same in milliseconds. */
  readonly time: bigint;
  readonly chainId: string;
  /** The contract's own address. */
  readonly contract: string;
  /** Whose message it is; empty in `query` and `hook`. */
  readonly sender: string;
  /** Coins that came with the message; they are the contract's already. */
  readonly funds: Coin[];
  /** The transaction's place in its block, and its hash; undefined outside of one. */
  readonly transaction: { index: number; hash: Uint8Array } | undefined;
  readonly pointsLeft: bigint;
  /** The chain's random beacon at a height; undefined if it is not known yet or forgotten. Commit to a height before it is known. */
  beacon(height: number | bigint): Uint8Array | undefined;

  /** Ends the call with the contract's own error and undoes it. (What is thrown and not caught does, too, with its stack.) */
  fail(reason: string): never;
  /** A line for the developer; `console.log` does the same. */
  debug(line: any): void;

  // ---- The rest of the chain. What fails is undone, throws an Error with the words of the failure, and may be caught. ----

  /** Calls a contract. Funds are as in `5uankr,7utoken`, sorted by denomination. Its answer as JSON; the bytes, if it is no JSON; undefined if it is empty. */
  execute(contract: string, msg: any, options?: { funds?: string; points?: Points }): any;
  /** Asks a contract. */
  ask(contract: string, question: any): any;
  /** Executes a module's message, in the name of the contract: its type URL, its protobuf bytes (see `encode`). */
  send(typeUrl: string, msg: Uint8Array, points?: Points): Uint8Array;
  /** Asks a module: path of the gRPC method, protobuf bytes. */
  query(path: string, request: Uint8Array): Uint8Array;
  /** A protobuf message from its fields by number: numbers as varints, text and bytes with their length, a list as a repeated field. */
  encode(fields: { [field: number]: number | bigint | boolean | Bytes | (number | bigint | boolean | Bytes)[] | undefined }): Uint8Array;
  /** Emits an event. */
  event(type: string, attributes?: { [key: string]: any }): void;

  // ---- Hashes, signatures, addresses ----

  sha256(of: Bytes): Uint8Array;
  keccak256(of: Bytes): Uint8Array;
  /** 1 to 64 bytes; 32 if not said. */
  blake2b(of: Bytes, length?: number): Uint8Array;
  /** Hash of 32 bytes, signature of 64, key of 33 or 65. */
  secp256k1Verify(hash: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean;
  /** One of two keys (0, 1), 65 bytes; undefined if there is none. */
  secp256k1Recover(hash: Uint8Array, signature: Uint8Array, which: 0 | 1): Uint8Array | undefined;
  secp256r1Verify(hash: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean;
  secp256r1Recover(hash: Uint8Array, signature: Uint8Array, which: 0 | 1): Uint8Array | undefined;
  ed25519Verify(message: Bytes, signature: Uint8Array, key: Uint8Array): boolean;
  /** Whether all are valid: a list of [message, signature, key]. */
  ed25519BatchVerify(list: [Bytes, Uint8Array, Uint8Array][]): boolean;
  /** Whether text is an address as the chain writes it. */
  addressValid(address: string): boolean;
  addressBytes(address: string): Uint8Array | undefined;
  addressText(bytes: Uint8Array): string | undefined;

  /** The text that UTF-8 bytes say, and back. For hexadecimal: `bytes.toHex()`, `Uint8Array.fromHex(text)`. */
  text(bytes: Bytes): string;
  utf8(text: Bytes): Uint8Array;
};

declare const console: { log(...of: any[]): void };

// Of the language, and too new for some editors.
interface Uint8Array {
  toHex(): string;
  toBase64(): string;
}
interface Uint8ArrayConstructor {
  fromHex(text: string): Uint8Array;
  fromBase64(text: string): Uint8Array;
}
