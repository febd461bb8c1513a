//! A chain with something to find on it.

use slsbft_client::{KeyKind, TxBuilder};
use slsbft_tests::{Chain, Wallet, market};
use slsbft_types::{Address, Amount, BASE_DENOM, Coin, Coins};

pub const RICH: u128 = 1_000_000_000_000;

pub const ACCOUNTS: u8 = 23;

pub fn holder(seed: u8) -> Address {
    Wallet::new(KeyKind::Secp256k1, seed, 0).address()
}

/// Many accounts, some with many denominations, a provider with many offers.
pub fn busy_chain() -> Chain {
    let mut chain = Chain::start_with(&[], |genesis| {
        for seed in 1..=ACCOUNTS {
            let mut coins: Vec<Coin> = (0..seed % 12)
                .map(|n| Coin {
                    denom: format!("coin{n:02}").parse().unwrap(),
                    amount: Amount::new(n as u128 + 1),
                })
                .collect();
            coins.push(Coin {
                denom: BASE_DENOM.parse().unwrap(),
                amount: Amount::new(RICH),
            });
            genesis
                .add_account(holder(seed), Coins::new(coins).unwrap(), None)
                .unwrap();
        }
    });
    let mut provider = Wallet::new(KeyKind::Secp256k1, 1, 0);
    let offers = (0..17).fold(TxBuilder::new(), |tx, _| {
        tx.any(market::create_offer(&provider.address()))
    });
    assert_eq!(
        chain.submit(provider.sign(&offers.gas(2_000_000)).bytes()).code,
        0
    );
    assert_eq!(chain.block().results()[0].code, 0);
    chain
}

/// Key of a balance within the bank's part of the state.
pub fn balance_key(owner: &Address) -> Vec<u8> {
    [b"balance/", &[20][..], owner.as_bytes(), BASE_DENOM.as_bytes()].concat()
}
