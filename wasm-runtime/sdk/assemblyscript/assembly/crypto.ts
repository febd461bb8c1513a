// Hashes and signatures.

import { Buffer } from "./bytes";
import { panic } from "./call";
import * as host from "./host";

export function sha256(bytes: Uint8Array): Uint8Array {
  const hash = new Uint8Array(32);
  host.sha256(bytes.dataStart, bytes.byteLength, hash.dataStart);
  return hash;
}

export function keccak256(bytes: Uint8Array): Uint8Array {
  const hash = new Uint8Array(32);
  host.keccak256(bytes.dataStart, bytes.byteLength, hash.dataStart);
  return hash;
}

/** BLAKE2b of 1 to 64 bytes. */
export function blake2b(bytes: Uint8Array, length: i32 = 32): Uint8Array {
  if (length < 1 || length > 64) panic("BLAKE2b has 1 to 64 bytes, not " + length.toString());
  const hash = new Uint8Array(length);
  host.blake2b(bytes.dataStart, bytes.byteLength, hash.dataStart, length);
  return hash;
}

/** Whether a key (33 or 65 bytes) made the signature (64 bytes) of a hash (32 bytes). High S is accepted. */
export function secp256k1Verify(hash: Uint8Array, signature: Uint8Array, key: Uint8Array): bool {
  if (hash.byteLength != 32 || signature.byteLength != 64) return false;
  return host.secp256k1_verify(hash.dataStart, signature.dataStart, key.dataStart, key.byteLength) == 1;
}

/** The key (65 bytes) that made a signature, null if there is none; `which` is 0 or 1. */
export function secp256k1Recover(hash: Uint8Array, signature: Uint8Array, which: u32): Uint8Array | null {
  if (hash.byteLength != 32 || signature.byteLength != 64) return null;
  const key = new Uint8Array(65);
  return host.secp256k1_recover(hash.dataStart, signature.dataStart, which, key.dataStart) == 1 ? key : null;
}

/** The same on P-256. */
export function secp256r1Verify(hash: Uint8Array, signature: Uint8Array, key: Uint8Array): bool {
  if (hash.byteLength != 32 || signature.byteLength != 64) return false;
  return host.secp256r1_verify(hash.dataStart, signature.dataStart, key.dataStart, key.byteLength) == 1;
}

/** The same on P-256. */
export function secp256r1Recover(hash: Uint8Array, signature: Uint8Array, which: u32): Uint8Array | null {
  if (hash.byteLength != 32 || signature.byteLength != 64) return null;
  const key = new Uint8Array(65);
  return host.secp256r1_recover(hash.dataStart, signature.dataStart, which, key.dataStart) == 1 ? key : null;
}

/** Whether a key (32 bytes) made the signature (64 bytes) of a message, after ZIP-215. */
export function ed25519Verify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): bool {
  if (signature.byteLength != 64 || key.byteLength != 32) return false;
  return host.ed25519_verify(message.dataStart, message.byteLength, signature.dataStart, key.dataStart) == 1;
}

/** Signatures that are verified together, which costs less than one by one. */
export class Ed25519Batch {
  private list: Buffer = new Buffer();
  private sound: bool = true;

  add(message: Uint8Array, signature: Uint8Array, key: Uint8Array): Ed25519Batch {
    this.sound = this.sound && signature.byteLength == 64 && key.byteLength == 32;
    this.list.prefixed(message).bytes(signature).bytes(key);
    return this;
  }

  /** Whether all are valid. */
  verify(): bool {
    if (!this.sound) return false;
    const list = this.list.finish();
    return host.ed25519_batch_verify(list.dataStart, list.byteLength) == 1;
  }
}
