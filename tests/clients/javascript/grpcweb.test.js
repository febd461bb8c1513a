// gRPC-web, as a page in a browser speaks it to a node, without a proxy between.
import assert from "node:assert/strict";
import { test } from "node:test";

import grpcWeb from "@improbable-eng/grpc-web";
import transport from "@improbable-eng/grpc-web-node-http-transport";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryClientImpl as AuthQuery } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { QueryClientImpl as BankQuery } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { ServiceClientImpl as Comet } from "cosmjs-types/cosmos/base/tendermint/v1beta1/query";
import { BroadcastMode, ServiceClientImpl as Transactions } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";

import { chain, connect, stranger, uankr } from "./support.js";

const { grpc } = grpcWeb;

// The transport that generated clients ask for.
function rpc(metadata = {}) {
  const request = (service, method, data) =>
    new Promise((resolve, reject) => {
      grpc.unary(
        {
          methodName: method,
          service: { serviceName: service },
          requestStream: false,
          responseStream: false,
          requestType: { serializeBinary: () => data },
          responseType: { deserializeBinary: (bytes) => bytes },
        },
        {
          request: { serializeBinary: () => data },
          host: `http://${chain.grpc}`,
          metadata,
          transport: transport.NodeHttpTransport(),
          onEnd: ({ status, statusMessage, message, headers, trailers }) => {
            if (status === grpc.Code.OK) resolve(message);
            else reject(Object.assign(new Error(statusMessage), { status }));
            heights.push(headers.get("x-cosmos-block-height")[0]);
          },
        },
      );
    });
  const heights = [];
  return { request, heights };
}

test("queries answer, at the height that was asked for", async () => {
  const latest = rpc();
  const { balance } = await new BankQuery(latest).Balance({ address: chain.address, denom: "uankr" });
  assert.ok(BigInt(balance.amount) > 0n);
  assert.ok(Number(latest.heights[0]) > 1);

  const first = rpc({ "x-cosmos-block-height": "1" });
  const then = await new BankQuery(first).Balance({ address: chain.address, denom: "uankr" });
  assert.equal(then.balance.amount, chain.balance);
  assert.equal(first.heights[0], "1");

  const info = await new Comet(rpc()).GetNodeInfo({});
  assert.equal(info.defaultNodeInfo.network, chain.id);
});

test("an unknown account is NotFound", async () => {
  const { address } = await stranger();
  await assert.rejects(new AuthQuery(rpc()).Account({ address }), { status: grpc.Code.NotFound });
  const typo = address.replace(/.$/, address.endsWith("q") ? "p" : "q");
  await assert.rejects(new AuthQuery(rpc()).Account({ address: typo }), { status: grpc.Code.InvalidArgument });
});

test("a transaction is simulated, sent and found", async () => {
  const { client, address } = await connect();
  const { account } = await new AuthQuery(rpc()).Account({ address });
  const { accountNumber, sequence } = BaseAccount.decode(account.value);
  const send = {
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: address, toAddress: address, amount: uankr(1) },
  };
  const service = new Transactions(rpc());
  const sign = async (gas) => {
    const fee = { amount: uankr(gas * 25n), gas: `${gas}` };
    const data = { accountNumber: Number(accountNumber), sequence: Number(sequence), chainId: chain.id };
    return TxRaw.encode(await client.sign(address, [send], fee, "", data)).finish();
  };
  const { gasInfo } = await service.Simulate({ txBytes: await sign(1n) });
  assert.equal(gasInfo.gasUsed, 200_000n);
  const txBytes = await sign(gasInfo.gasUsed);
  const { txResponse } = await service.BroadcastTx({ txBytes, mode: BroadcastMode.BROADCAST_MODE_SYNC });
  assert.equal(txResponse.code, 0, txResponse.rawLog);
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let tries = 0; ; tries++) {
    try {
      const found = await service.GetTx({ hash: txResponse.txhash });
      assert.equal(found.txResponse.code, 0);
      assert.equal(found.tx.body.messages[0].typeUrl, send.typeUrl);
      break;
    } catch (error) {
      if (error.status !== grpc.Code.NotFound || tries > 300) throw error;
      await wait(100);
    }
  }
  client.disconnect();
});
