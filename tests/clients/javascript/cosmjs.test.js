// CosmJS, as a web wallet uses it: over CometBFT's RPC.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Registry } from "@cosmjs/proto-signing";
import {
  BroadcastTxError,
  QueryClient,
  calculateFee,
  defaultRegistryTypes,
  isDeliverTxFailure,
  setupAuthExtension,
  setupBankExtension,
  setupTxExtension,
} from "@cosmjs/stargate";
import { Comet38Client, connectComet } from "@cosmjs/tendermint-rpc";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import protobuf from "protobufjs";

import { chain, connect, gasPrice, stranger, uankr } from "./support.js";

const { client, address } = await connect();
const recipient = await stranger();
const flatFee = calculateFee(200_000, gasPrice);
after(() => client.disconnect());

const eventsOf = (result, type) => result.events.filter((event) => event.type === type);
const attribute = (event, key) => event.attributes.find((a) => a.key === key)?.value;

test("a mnemonic gives the same address as the chain's own wallet", () => {
  assert.equal(address, chain.address);
});

test("chain id, height and blocks are read", async () => {
  assert.equal(await client.getChainId(), chain.id);
  const height = await client.getHeight();
  assert.ok(height > 0);
  const block = await client.getBlock(height);
  assert.equal(block.header.chainId, chain.id);
  assert.equal(block.txs.length, 1, "the system transaction");
});

test("balances are read, also those that are zero", async () => {
  assert.deepEqual(await client.getBalance(address, "uankr"), { denom: "uankr", amount: chain.balance });
  assert.deepEqual(await client.getAllBalances(address), uankr(chain.balance));
  assert.equal((await client.getBalance(recipient.address, "uankr")).amount, "0");
  assert.equal((await client.getBalance(address, "nothing")).amount, "0");
});

test("an account that does not exist is null, not an error", async () => {
  assert.equal(await client.getAccount(recipient.address), null);
  await assert.rejects(client.getSequence(recipient.address), /does not exist on chain/);
});

test("module accounts are read like others", async () => {
  const comet = await connectComet(chain.rpc);
  const query = QueryClient.withExtensions(comet, setupAuthExtension, setupBankExtension);
  const account = await query.auth.account(address);
  assert.equal(account.typeUrl, "/cosmos.auth.v1beta1.BaseAccount");
  assert.ok(BigInt((await query.bank.supplyOf("uankr")).amount) > 0n);
  const metadata = await query.bank.denomMetadata("uankr");
  assert.equal(metadata.display, "ankr");
  comet.disconnect();
});

test("a transfer with gas from simulation is committed with the events that explorers read", async () => {
  const before = BigInt((await client.getBalance(address, "uankr")).amount);
  const result = await client.sendTokens(address, recipient.address, uankr(1_000_000), "auto", "thanks");
  assert.equal(result.code, 0, result.rawLog);
  assert.equal(result.rawLog ?? "", "");
  assert.equal(result.gasUsed, 200_000n);
  assert.ok(result.gasWanted >= result.gasUsed);
  assert.equal(result.msgResponses.length, 1);
  assert.equal(result.msgResponses[0].typeUrl, "/cosmos.bank.v1beta1.MsgSendResponse");

  const fee = result.gasWanted * 25n;
  const after = BigInt((await client.getBalance(address, "uankr")).amount);
  assert.equal(before - after, 1_000_000n + fee);
  assert.equal((await client.getBalance(recipient.address, "uankr")).amount, "1000000");

  const transfers = eventsOf(result, "transfer").filter((event) => attribute(event, "msg_index") === "0");
  assert.equal(transfers.length, 1);
  assert.equal(attribute(transfers[0], "recipient"), recipient.address);
  assert.equal(attribute(transfers[0], "sender"), address);
  assert.equal(attribute(transfers[0], "amount"), "1000000uankr");
  const message = eventsOf(result, "message").find((event) => attribute(event, "action"));
  assert.equal(attribute(message, "action"), "/cosmos.bank.v1beta1.MsgSend");
  assert.equal(attribute(message, "sender"), address);
  const paid = eventsOf(result, "tx").find((event) => attribute(event, "fee"));
  assert.equal(attribute(paid, "fee"), `${fee}uankr`);
  assert.equal(attribute(paid, "fee_payer"), address);
  const sequence = eventsOf(result, "tx").find((event) => attribute(event, "acc_seq"));
  assert.equal(attribute(sequence, "acc_seq"), `${address}/0`);

  const found = await client.getTx(result.transactionHash);
  assert.equal(found.height, result.height);
  assert.equal(found.hash, result.transactionHash);
  assert.equal(await client.getTx("00".repeat(32)), null);
  for (const tags of [
    [{ key: "transfer.recipient", value: recipient.address }],
    [{ key: "message.action", value: "/cosmos.bank.v1beta1.MsgSend" }, { key: "message.sender", value: address }],
    `transfer.sender='${address}' AND transfer.recipient='${recipient.address}' AND tx.height=${result.height}`,
    `tx.acc_seq='${address}/0'`,
  ]) {
    const hits = await client.searchTx(tags);
    assert.deepEqual(hits.map((hit) => hit.hash), [result.transactionHash], JSON.stringify(tags));
  }
});

test("simulation says what execution uses, to the unit", async () => {
  const send = (to, amount) => ({
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: address, toAddress: to, amount: uankr(amount) },
  });
  const messages = Array.from({ length: 7 }, (_, i) => send(recipient.address, i + 1));
  const simulated = await client.simulate(address, messages, "seven at once");
  const result = await client.signAndBroadcast(address, messages, calculateFee(simulated, gasPrice), "seven at once");
  assert.equal(result.code, 0, result.rawLog);
  assert.equal(result.gasUsed, BigInt(simulated));
  assert.equal(result.msgResponses.length, 7);
  const indexes = eventsOf(result, "transfer").map((event) => attribute(event, "msg_index"));
  assert.deepEqual(indexes.filter((i) => i !== undefined), ["0", "1", "2", "3", "4", "5", "6"]);
});

test("a failing simulation says why", async () => {
  const tooMuch = {
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: address, toAddress: recipient.address, amount: uankr(10n ** 30n) },
  };
  await assert.rejects(client.simulate(address, [tooMuch], ""), /insufficient funds/);
});

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof BroadcastTxError, `${error}`);
    return error;
  }
  throw new assert.AssertionError({ message: "was accepted" });
}

test("what the mempool refuses comes with the codes and words that clients match", async () => {
  const send = {
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: address, toAddress: recipient.address, amount: uankr(1) },
  };
  const { accountNumber, sequence } = await client.getSequence(address);
  const signed = async (fee, data, memo = "") =>
    TxRaw.encode(await client.sign(address, [send], fee, memo, { accountNumber, sequence, chainId: chain.id, ...data })).finish();

  const early = await refusal(client.broadcastTxSync(await signed(flatFee, { sequence: sequence + 3 })));
  assert.deepEqual([early.code, early.codespace], [32, "sdk"]);
  assert.match(early.log, new RegExp(`account sequence mismatch, expected ${sequence}, got ${sequence + 3}`));

  const cheap = await refusal(client.broadcastTxSync(await signed({ amount: uankr(4_999_999), gas: "200000" }, {})));
  assert.deepEqual([cheap.code, cheap.codespace], [13, "sdk"]);
  assert.match(cheap.log, /insufficient fee/);

  const tight = await refusal(client.broadcastTxSync(await signed(calculateFee(100_000, gasPrice), {})));
  assert.deepEqual([tight.code, tight.codespace], [11, "sdk"]);
  assert.match(tight.log, /out of gas/);

  const elsewhere = await refusal(client.broadcastTxSync(await signed(flatFee, { chainId: "another-1" })));
  assert.deepEqual([elsewhere.code, elsewhere.codespace], [4, "sdk"]);
  assert.match(elsewhere.log, /verify account number .* chain-id .*: unauthorized/);

  const wordy = await refusal(client.broadcastTxSync(await signed(flatFee, {}, "x".repeat(10_000))));
  assert.deepEqual([wordy.code, wordy.codespace], [12, "sdk"]);

  const unknown = await connect(recipient.mnemonic);
  const nobody = await stranger();
  const other = await connect(nobody.mnemonic);
  const gift = { ...send, value: { ...send.value, fromAddress: nobody.address } };
  const signer = { accountNumber: 0, sequence: 0, chainId: chain.id };
  const broke = await other.client.sign(nobody.address, [gift], flatFee, "", signer);
  const absent = await refusal(other.client.broadcastTxSync(TxRaw.encode(broke).finish()));
  assert.deepEqual([absent.code, absent.codespace], [9, "sdk"]);
  const poor = await refusal(unknown.client.sendTokens(recipient.address, address, uankr(1), flatFee));
  assert.deepEqual([poor.code, poor.codespace], [5, "sdk"]);
  assert.match(poor.log, /insufficient funds/);

  const garbage = await refusal(client.broadcastTxSync(new Uint8Array([1, 2, 3])));
  assert.deepEqual([garbage.code, garbage.codespace], [2, "sdk"]);

  const again = await signed(flatFee, {});
  await client.broadcastTx(again);
  await assert.rejects(client.broadcastTxSync(again), /tx already exists in cache|sequence mismatch/);
});

test("what only execution can know lands in a block with its code", async () => {
  const all = BigInt((await client.getBalance(address, "uankr")).amount);
  const result = await client.sendTokens(address, recipient.address, uankr(all), flatFee);
  assert.ok(isDeliverTxFailure(result));
  assert.equal(result.code, 5);
  assert.match(result.rawLog, /insufficient funds/);
  assert.equal((await client.getTx(result.transactionHash)).code, 5);
  const now = BigInt((await client.getBalance(address, "uankr")).amount);
  assert.equal(all - now, 5_000_000n, "the fee and nothing else");
});

test("several transactions of one account may wait at once", async () => {
  const { accountNumber, sequence } = await client.getSequence(address);
  const hashes = [];
  for (let i = 0; i < 5; i++) {
    const send = {
      typeUrl: "/cosmos.bank.v1beta1.MsgSend",
      value: { fromAddress: address, toAddress: recipient.address, amount: uankr(i + 1) },
    };
    const data = { accountNumber, sequence: sequence + i, chainId: chain.id };
    const raw = await client.sign(address, [send], flatFee, "", data);
    hashes.push(await client.broadcastTxSync(TxRaw.encode(raw).finish()));
  }
  for (const hash of hashes) {
    let found = null;
    for (let tries = 0; !found && tries < 300; tries++) {
      found = await client.getTx(hash);
      if (!found) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(found?.code, 0);
  }
});

test("a MultiSend pays several at once", async () => {
  const [one, two] = [await stranger(), await stranger()];
  const message = {
    typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend",
    value: {
      inputs: [{ address, coins: uankr(30) }],
      outputs: [
        { address: one.address, coins: uankr(10) },
        { address: two.address, coins: uankr(20) },
      ],
    },
  };
  const result = await client.signAndBroadcast(address, [message], "auto");
  assert.equal(result.code, 0, result.rawLog);
  assert.equal((await client.getBalance(two.address, "uankr")).amount, "20");
});

test("this chain's own messages work from its .proto files", async () => {
  const root = new protobuf.Root();
  // The one file of Cosmos that ours import.
  const field = (type, id) => ({ type, id });
  root.define("cosmos.base.query.v1beta1").addJSON({
    PageRequest: { fields: { key: field("bytes", 1), offset: field("uint64", 2), limit: field("uint64", 3) } },
    PageResponse: { fields: { nextKey: field("bytes", 1), total: field("uint64", 2) } },
  });
  const resolve = root.resolvePath;
  root.resolvePath = (from, target) => {
    if (target.startsWith("slsbft/")) return `${chain.proto}/${target}`;
    return target.startsWith("cosmos/") ? null : resolve(from, target);
  };
  await root.load("slsbft/metering/v1/tx.proto");
  await root.load("slsbft/metering/v1/query.proto");
  const type = (name) => root.lookupType(`slsbft.metering.v1.${name}`);
  const registry = new Registry([
    ...defaultRegistryTypes,
    ["/slsbft.metering.v1.MsgCreateOffer", type("MsgCreateOffer")],
  ]);
  const { client } = await connect(chain.mnemonic, registry);
  const offer = {
    typeUrl: "/slsbft.metering.v1.MsgCreateOffer",
    value: {
      provider: address,
      meters: [{ unit: "requests", price: 7000, scale: 3 }],
      minEscrow: "20000000",
      maxOpenDeals: 10,
      endpoint: "https://provider.example",
      tags: ["eu"],
      applicationShare: 0,
    },
  };
  const result = await client.signAndBroadcast(address, [offer], "auto");
  assert.equal(result.code, 0, result.rawLog);
  const [response] = result.msgResponses;
  assert.equal(response.typeUrl, "/slsbft.metering.v1.MsgCreateOfferResponse");
  const id = type("MsgCreateOfferResponse").decode(response.value).offerId;
  const comet = await connectComet(chain.rpc);
  const request = type("QueryOfferRequest").encode({ offerId: id }).finish();
  const query = new QueryClient(comet);
  const answer = await query.queryAbci("/slsbft.metering.v1.Query/Offer", request);
  assert.ok(answer.height > 0);
  assert.equal(type("QueryOfferResponse").decode(answer.value).offer.endpoint, "https://provider.example");
  comet.disconnect();
  client.disconnect();
});

test("state at an earlier height is read, and proofs come with it", async () => {
  const comet = await connectComet(chain.rpc);
  const query = QueryClient.withExtensions(comet, setupBankExtension, setupTxExtension);
  const { height } = await client.sendTokens(address, recipient.address, uankr(1), flatFee);
  const request = { path: "/store/bank/key", data: new Uint8Array([0]), prove: true, height: height - 1 };
  const answer = await comet.abciQuery(request);
  assert.equal(answer.height, height - 1);
  assert.deepEqual(answer.proof.ops.map((op) => op.type), ["ics23:jmt", "ics23:simple"]);
  comet.disconnect();
});

test("blocks and transactions are heard of over a WebSocket", async () => {
  const comet = await Comet38Client.connect(chain.rpc.replace("http://", "ws://"));
  const next = (stream) =>
    new Promise((resolve, reject) => {
      stream.take(1).subscribe({ next: resolve, error: reject, complete: () => {} });
    });
  const block = await next(comet.subscribeNewBlock());
  assert.equal(block.header.chainId, chain.id);
  const event = next(comet.subscribeTx(`tm.event='Tx' AND transfer.recipient='${recipient.address}'`));
  const sent = await client.sendTokens(address, recipient.address, uankr(3), flatFee);
  const heard = await event;
  assert.equal(heard.height, sent.height);
  assert.equal(heard.result.code, 0);
  comet.disconnect();
});
