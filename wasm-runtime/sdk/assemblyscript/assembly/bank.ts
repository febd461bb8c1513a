// The module of coins.

import { Decimal } from "./bytes";
import { Answer, query, send as sendMessage } from "./chain";
import { Coin, self } from "./context";
import { ProtoReader, ProtoWriter } from "./protobuf";
import { panic } from "./call";

/** Sends coins of this contract. */
export function send(to: string, coin: Coin): Answer {
  const amount = new ProtoWriter().text(1, coin.denom).text(2, coin.amount.toString()).finish();
  const message = new ProtoWriter().text(1, self()).text(2, to).item(3, amount).finish();
  return sendMessage("/cosmos.bank.v1beta1.MsgSend", message);
}

/** How much an address has; ends the call if that is more than 64 bits. */
export function balance(address: string, denom: string): u64 {
  const request = new ProtoWriter().text(1, address).text(2, denom).finish();
  const answer = query("/cosmos.bank.v1beta1.Query/Balance", request).orFail("the balance of " + address);
  const reader = new ProtoReader(answer);
  while (reader.next()) {
    if (reader.field != 1) continue;
    const coin = reader.inner();
    while (coin.next()) {
      if (coin.field != 2) continue;
      const amount = Decimal.parse(coin.text());
      if (!amount.ok) panic("a balance of more than 64 bits");
      return amount.value;
    }
  }
  return 0;
}
