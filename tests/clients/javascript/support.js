// What the Rust test says about the chain, and the wallet that it has funded.
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";

function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this by \`make test\``);
  return value;
}

export const chain = {
  id: given("CHAIN_ID"),
  rpc: given("RPC"),
  grpc: given("GRPC"),
  mnemonic: given("MNEMONIC"),
  address: given("ADDRESS"),
  balance: given("BALANCE"),
  proto: given("PROTO"),
};

export const gasPrice = GasPrice.fromString("25uankr");

export async function connect(mnemonic = chain.mnemonic, registry = undefined) {
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: "ankr" });
  const [{ address }] = await wallet.getAccounts();
  const options = { gasPrice, registry, broadcastPollIntervalMs: 100 };
  const client = await SigningStargateClient.connectWithSigner(chain.rpc, wallet, options);
  return { client, wallet, address };
}

export const uankr = (amount) => [{ denom: "uankr", amount: String(amount) }];

// Somebody who was never heard of on the chain.
export async function stranger() {
  const wallet = await DirectSecp256k1HdWallet.generate(12, { prefix: "ankr" });
  const [{ address }] = await wallet.getAccounts();
  return { address, mnemonic: wallet.mnemonic };
}
