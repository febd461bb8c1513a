"""cosmpy, as a Python program uses it: over gRPC."""

import os
import unittest

import grpc
from cosmpy.aerial.client import LedgerClient, NetworkConfig
from cosmpy.aerial.client.utils import prepare_and_broadcast_basic_transaction
from cosmpy.aerial.exceptions import (
    BroadcastError,
    InsufficientFeesError,
    NotFoundError,
    OutOfGasError,
)
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.aerial.types import Account
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.aerial.client.bank import create_bank_send_msg

DENOM = "uankr"
FLAT_FEE = 5_000_000


def connect():
    config = NetworkConfig(
        chain_id=os.environ["CHAIN_ID"],
        url=f"grpc+http://{os.environ['GRPC']}",
        fee_minimum_gas_price=25,
        fee_denomination=DENOM,
        staking_denomination=DENOM,
    )
    return LedgerClient(config, query_interval_secs=1)


class Cosmpy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = connect()
        cls.wallet = LocalWallet.from_mnemonic(os.environ["MNEMONIC"], prefix="ankr")
        cls.other = LocalWallet.generate(prefix="ankr")

    def balance(self, wallet):
        return self.client.query_bank_balance(wallet.address())

    def test_1_wallet_and_queries(self):
        self.assertEqual(str(self.wallet.address()), os.environ["ADDRESS"])
        self.assertEqual(self.balance(self.wallet), int(os.environ["BALANCE"]))
        self.assertEqual(self.balance(self.other), 0)
        coins = self.client.query_bank_all_balances(self.wallet.address())
        self.assertEqual([(c.denom, int(c.amount)) for c in coins], [(DENOM, int(os.environ["BALANCE"]))])
        self.assertEqual(self.client.query_chain_id(), os.environ["CHAIN_ID"])
        self.assertGreater(self.client.query_height(), 0)
        self.assertTrue(self.client.query_node_info().app_name)
        self.assertGreater(self.client.query_consensus_params().params.block.max_gas, 0)

    def test_2_unknown_account(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.query_account(self.other.address())
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_3_transfer_with_estimated_gas(self):
        before = self.balance(self.wallet)
        sent = self.client.send_tokens(self.other.address(), 1_000, DENOM, self.wallet, memo="thanks")
        sent.wait_to_complete()
        response = sent.response
        self.assertTrue(response.is_successful())
        self.assertEqual(response.gas_used, 200_000)
        self.assertEqual(response.events["transfer"]["recipient"], str(self.other.address()))
        self.assertEqual(response.events["message"]["sender"], str(self.wallet.address()))
        self.assertIsNotNone(response.timestamp)
        self.assertEqual(self.balance(self.other), 1_000)
        fee = response.gas_wanted * 25
        self.assertEqual(before - self.balance(self.wallet), 1_000 + fee)

    def test_4_unknown_transaction(self):
        with self.assertRaises(NotFoundError):
            self.client.query_tx("00" * 32)

    def test_5_refusals_become_the_right_exceptions(self):
        def send(fee, wallet=self.wallet, account=None, amount=1):
            tx = Transaction()
            tx.add_message(create_bank_send_msg(wallet.address(), self.other.address(), amount, DENOM))
            return prepare_and_broadcast_basic_transaction(self.client, tx, wallet, account=account, fee=fee)

        with self.assertRaises(InsufficientFeesError) as cheap:
            send(TxFee(f"{FLAT_FEE - 1}{DENOM}", 200_000))
        self.assertIn(f"{FLAT_FEE}{DENOM}", str(cheap.exception))

        with self.assertRaises(OutOfGasError) as tight:
            send(TxFee(f"{FLAT_FEE}{DENOM}", 150_000))
        self.assertIn("150000", str(tight.exception))
        self.assertIn("200000", str(tight.exception))

        known = self.client.query_account(self.wallet.address())
        ahead = Account(address=known.address, number=known.number, sequence=known.sequence + 2)
        with self.assertRaisesRegex(BroadcastError, "account sequence mismatch, expected"):
            send(TxFee(f"{FLAT_FEE}{DENOM}", 200_000), account=ahead)

        nobody = LocalWallet.generate(prefix="ankr")
        made_up = Account(address=nobody.address(), number=0, sequence=0)
        with self.assertRaisesRegex(BroadcastError, "does not exist"):
            send(TxFee(f"{FLAT_FEE}{DENOM}", 200_000), wallet=nobody, account=made_up)

        # Has 1,000 uankr and an account, but nothing to pay the fee with.
        with self.assertRaisesRegex(BroadcastError, "insufficient funds"):
            send(TxFee(f"{FLAT_FEE}{DENOM}", 200_000), wallet=self.other)

    def test_6_failed_in_a_block(self):
        everything = self.balance(self.wallet)
        fee = TxFee(f"{FLAT_FEE}{DENOM}", 200_000)
        sent = self.client.send_tokens(self.other.address(), everything, DENOM, self.wallet, fee=fee)
        with self.assertRaisesRegex(BroadcastError, "insufficient funds"):
            sent.wait_to_complete()
        self.assertEqual(everything - self.balance(self.wallet), FLAT_FEE)

    def test_7_simulation_is_exact(self):
        tx = Transaction()
        for amount in range(1, 8):
            tx.add_message(create_bank_send_msg(self.wallet.address(), self.other.address(), amount, DENOM))
        account = self.client.query_account(self.wallet.address())
        tx.seal(SigningCfg.direct(self.wallet.public_key(), account.sequence), fee=TxFee([], 0))
        tx.sign(self.wallet.signer(), os.environ["CHAIN_ID"], account.number)
        tx.complete()
        gas = self.client.simulate_tx(tx)
        again = Transaction()
        for amount in range(1, 8):
            again.add_message(create_bank_send_msg(self.wallet.address(), self.other.address(), amount, DENOM))
        fee = TxFee(f"{gas * 25}{DENOM}", gas)
        sent = prepare_and_broadcast_basic_transaction(self.client, again, self.wallet, fee=fee)
        sent.wait_to_complete()
        self.assertEqual(sent.response.gas_used, gas)

    def test_8_height_in_metadata(self):
        from cosmpy.protos.cosmos.bank.v1beta1.query_pb2 import QueryBalanceRequest

        request = QueryBalanceRequest(address=str(self.wallet.address()), denom=DENOM)
        answer, call = self.client.bank.Balance.with_call(request, metadata=[("x-cosmos-block-height", "1")])
        self.assertEqual(answer.balance.amount, os.environ["BALANCE"])
        self.assertIn(("x-cosmos-block-height", "1"), [tuple(pair) for pair in call.initial_metadata()])


if __name__ == "__main__":
    unittest.main(verbosity=2)
