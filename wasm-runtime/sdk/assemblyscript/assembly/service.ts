// The module of providers and their service levels.

import { query } from "./chain";
import { ProtoReader, ProtoWriter } from "./protobuf";

/** One, in the parts per billion that levels are counted in. */
export const FULL_LEVEL: u64 = 1_000_000_000;

/** What is known about the service of an address, in parts per billion. */
export class Level {
  consensus: u64 = 0;
  endpoint: u64 = 0;
  resource: u64 = 0;
  consumer: u64 = 0;
  /** All of them together. */
  level: u64 = 0;
  /** Not to be dealt with until it has been good for a while. */
  paused: bool = false;
}

/** The level of a registered provider, null if the address is none. */
export function provider(address: string): Level | null {
  const answer = query("/slsbft.service.v1.Query/Provider", new ProtoWriter().text(1, address).finish());
  return answer.ok ? levelIn(answer.bytes, 2) : null;
}

/** The level of a provider or a validator, null if the address is neither. */
export function level(address: string): Level | null {
  const answer = query("/slsbft.service.v1.Query/Level", new ProtoWriter().text(1, address).finish());
  return answer.ok ? levelIn(answer.bytes, 1) : null;
}

function levelIn(response: Uint8Array, field: u32): Level {
  const level = new Level();
  const outer = new ProtoReader(response);
  while (outer.next()) {
    if (outer.field != field) continue;
    const inner = outer.inner();
    while (inner.next()) {
      switch (inner.field) {
        case 2:
          level.consensus = inner.u64();
          break;
        case 3:
          level.endpoint = inner.u64();
          break;
        case 4:
          level.resource = inner.u64();
          break;
        case 5:
          level.consumer = inner.u64();
          break;
        case 6:
          level.level = inner.u64();
          break;
        case 7:
          level.paused = inner.bool();
          break;
      }
    }
  }
  return level;
}
