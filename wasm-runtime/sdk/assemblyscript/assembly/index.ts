// Contracts for the service bus in AssemblyScript; docs/contracts/assemblyscript.md shows one.

export { slsbft_abi_1, message, output, fail, ensure, panic, debug } from "./call";
export { Buffer, Decimal, utf8, tryText, textOf, isUtf8, equal, hex, fromHex } from "./bytes";
export { Answer, Event, ALL_POINTS, execute, send, query, ask } from "./chain";
export { Coin } from "./context";
export { Json, JsonKind, JsonWriter } from "./json";
export { ProtoReader, ProtoWriter } from "./protobuf";
export { Key, Row, Scan, Stored, Table, TextItem, U64Item, ASCENDING, DESCENDING } from "./storage";

import * as address from "./address";
import * as bank from "./bank";
import * as context from "./context";
import * as crypto from "./crypto";
import * as service from "./service";
import * as storage from "./storage";
export { address, bank, context, crypto, service, storage };
