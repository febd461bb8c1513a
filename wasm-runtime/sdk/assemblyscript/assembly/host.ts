// The functions of the service bus as they are: addresses and lengths. What they do, their limits and prices:
// docs/contracts/abi.md.

// @ts-ignore: decorator
@external("slsbft", "input") export declare function input(out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "output") export declare function output(bytes: usize, length: u32): void;
// @ts-ignore: decorator
@external("slsbft", "fail") export declare function fail(text: usize, length: u32): void;
// @ts-ignore: decorator
@external("slsbft", "panic") export declare function panic(text: usize, length: u32): void;
// @ts-ignore: decorator
@external("slsbft", "debug") export declare function debug(text: usize, length: u32): void;

// @ts-ignore: decorator
@external("slsbft", "get") export declare function get(key: usize, keyLength: u32, out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "set") export declare function set(key: usize, keyLength: u32, value: usize, length: u32): void;
// @ts-ignore: decorator
@external("slsbft", "remove") export declare function remove(key: usize, keyLength: u32): void;
// @ts-ignore: decorator
@external("slsbft", "scan") export declare function scan(start: usize, startLength: u32, end: usize, endLength: u32, order: i32): u32;
// @ts-ignore: decorator
@external("slsbft", "next") export declare function next(scan: u32, out: usize, room: u32): i32;

// @ts-ignore: decorator
@external("slsbft", "block_height") export declare function block_height(): u64;
// @ts-ignore: decorator
@external("slsbft", "block_time") export declare function block_time(): u64;
// @ts-ignore: decorator
@external("slsbft", "chain_id") export declare function chain_id(out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "contract") export declare function contract(out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "sender") export declare function sender(out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "funds") export declare function funds(out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "tx_index") export declare function tx_index(): i32;
// @ts-ignore: decorator
@external("slsbft", "tx_hash") export declare function tx_hash(out: usize): i32;
// @ts-ignore: decorator
@external("slsbft", "points_left") export declare function points_left(): i64;
// @ts-ignore: decorator
@external("slsbft", "beacon") export declare function beacon(height: u64, out: usize): i32;

// @ts-ignore: decorator
@external("slsbft", "address_validate") export declare function address_validate(text: usize, length: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "address_canonicalize") export declare function address_canonicalize(text: usize, length: u32, out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "address_humanize") export declare function address_humanize(bytes: usize, length: u32, out: usize, room: u32): i32;

// @ts-ignore: decorator
@external("slsbft", "sha256") export declare function sha256(bytes: usize, length: u32, out: usize): void;
// @ts-ignore: decorator
@external("slsbft", "keccak256") export declare function keccak256(bytes: usize, length: u32, out: usize): void;
// @ts-ignore: decorator
@external("slsbft", "blake2b") export declare function blake2b(bytes: usize, length: u32, out: usize, outLength: u32): void;
// @ts-ignore: decorator
@external("slsbft", "secp256k1_verify") export declare function secp256k1_verify(hash: usize, signature: usize, key: usize, keyLength: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "secp256k1_recover") export declare function secp256k1_recover(hash: usize, signature: usize, which: u32, out: usize): i32;
// @ts-ignore: decorator
@external("slsbft", "secp256r1_verify") export declare function secp256r1_verify(hash: usize, signature: usize, key: usize, keyLength: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "secp256r1_recover") export declare function secp256r1_recover(hash: usize, signature: usize, which: u32, out: usize): i32;
// @ts-ignore: decorator
@external("slsbft", "ed25519_verify") export declare function ed25519_verify(message: usize, length: u32, signature: usize, key: usize): i32;
// @ts-ignore: decorator
@external("slsbft", "ed25519_batch_verify") export declare function ed25519_batch_verify(list: usize, length: u32): i32;

// @ts-ignore: decorator
@external("slsbft", "execute") export declare function execute(contract: usize, contractLength: u32, message: usize, length: u32, funds: usize, fundsLength: u32, points: i64): i32;
// @ts-ignore: decorator
@external("slsbft", "send") export declare function send(typeUrl: usize, typeUrlLength: u32, message: usize, length: u32, points: i64): i32;
// @ts-ignore: decorator
@external("slsbft", "query") export declare function query(path: usize, pathLength: u32, request: usize, length: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "ask") export declare function ask(contract: usize, contractLength: u32, message: usize, length: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "answer") export declare function answer(out: usize, room: u32): i32;
// @ts-ignore: decorator
@external("slsbft", "event") export declare function event(type: usize, typeLength: u32, attributes: usize, length: u32): void;
