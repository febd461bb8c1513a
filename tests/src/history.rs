//! A random life of a chain: what providers and consumers do, block by block,
//! told by numbers that proptest can shrink.

use bytes::Bytes;
use cosmos_sdk_proto::{
    Any,
    cosmos::{
        bank::v1beta1::{Input, MsgMultiSend, Output},
        base::v1beta1::Coin,
    },
};
use proptest::{prelude::*, sample::Index};
use prost::{Message, Name};
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_genesis::Genesis;
use slsbft_proto::metering::v1;
use slsbft_types::{Address, Amount, BASE_DENOM, Coins, Time, UANKR_PER_ANKR};
use tendermint_proto::v0_38::abci::{CommitInfo, Validator, VoteInfo};

use crate::{
    Chain, Wallet,
    chain::CHAIN_ID,
    market::{self, VoucherSession, session_key},
    wallet::transfer,
};

/// Who acts; the first two offer.
pub const ACTORS: u8 = 5;
/// What each has at first, in uankr.
pub const FUNDS: u128 = 100_000 * UANKR_PER_ANKR;
const START: i64 = 1_700_000_000;
/// All deals have this session key; a voucher names its deal.
const SESSION: u8 = 77;

/// One message.
#[derive(Clone, Debug)]
pub enum Act {
    Send { to: u8, amount: u64 },
    MultiSend { outputs: Vec<(u8, u32)> },
    CreateOffer,
    UpdateOffer { offer: u8 },
    WithdrawOffer { offer: u8 },
    OpenDeal { offer: u8, ankr: u8, life: u8 },
    TopUp { deal: u8, amount: u32 },
    AddKey { deal: u8, key: u8 },
    Claim { items: Vec<(u8, u32)> },
    Close { deal: u8 },
    Refund { deal: u8 },
}

/// What happens to a message or transaction on its way.
#[derive(Clone, Debug)]
pub enum Twist {
    None,
    /// Bytes of the message change before it is signed.
    Message(Vec<(Index, u8)>),
    /// Bytes of the transaction change after it was signed.
    Signed(Vec<(Index, u8)>),
    /// The transaction ends early.
    Cut(Index),
    /// Something else comes instead.
    Noise(Vec<u8>),
}

#[derive(Clone, Debug)]
pub struct Tx {
    pub actor: u8,
    pub acts: Vec<Act>,
    pub twist: Twist,
}

#[derive(Clone, Debug)]
pub struct Round {
    pub txs: Vec<Tx>,
    /// Seconds since the block before, less one.
    pub pause: u8,
    /// Who signed the block before: address, flag, power; no validator at all for power 0.
    pub votes: Vec<(u8, i32, u8)>,
}

impl Round {
    pub fn last_commit(&self) -> CommitInfo {
        let vote = |(address, flag, power): &(u8, i32, u8)| VoteInfo {
            validator: (*power > 0).then(|| Validator {
                address: vec![*address; 20].into(),
                power: i64::from(*power),
            }),
            block_id_flag: *flag,
        };
        CommitInfo {
            round: 0,
            votes: self.votes.iter().map(vote).collect(),
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let deal = || 0..12u8;
    prop_oneof![
        3 => (0..ACTORS + 2, 0..9_000_000_000u64).prop_map(|(to, amount)| Act::Send { to, amount }),
        1 => prop::collection::vec((0..ACTORS + 4, 0..1_000u32), 0..5).prop_map(|outputs| Act::MultiSend { outputs }),
        2 => Just(Act::CreateOffer),
        1 => (0..6u8).prop_map(|offer| Act::UpdateOffer { offer }),
        1 => (0..6u8).prop_map(|offer| Act::WithdrawOffer { offer }),
        5 => (0..4u8, 15..60u8, 0..80u8).prop_map(|(offer, ankr, life)| Act::OpenDeal { offer, ankr, life }),
        1 => (deal(), 0..50_000_000u32).prop_map(|(deal, amount)| Act::TopUp { deal, amount }),
        1 => (deal(), 70..80u8).prop_map(|(deal, key)| Act::AddKey { deal, key }),
        5 => prop::collection::vec((deal(), 0..12_000_000u32), 0..6).prop_map(|items| Act::Claim { items }),
        2 => deal().prop_map(|deal| Act::Close { deal }),
        1 => deal().prop_map(|deal| Act::Refund { deal }),
    ]
}

fn bytes_changed() -> impl Strategy<Value = Vec<(Index, u8)>> {
    prop::collection::vec((any::<Index>(), any::<u8>()), 1..4)
}

fn twist() -> impl Strategy<Value = Twist> {
    prop_oneof![
        5 => Just(Twist::None),
        2 => bytes_changed().prop_map(Twist::Message),
        1 => bytes_changed().prop_map(Twist::Signed),
        1 => any::<Index>().prop_map(Twist::Cut),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Twist::Noise),
    ]
}

fn tx(twist: impl Strategy<Value = Twist>) -> impl Strategy<Value = Tx> {
    (0..ACTORS, prop::collection::vec(act(), 1..4), twist).prop_map(|(actor, acts, twist)| Tx {
        actor,
        acts,
        twist,
    })
}

fn round(twist: impl Strategy<Value = Twist>) -> impl Strategy<Value = Round> {
    let votes = prop::collection::vec((0..4u8, -1..5i32, 0..9u8), 0..5);
    let pause = prop_oneof![3 => Just(0u8), 1 => 0..60u8];
    (prop::collection::vec(tx(twist), 0..8), pause, votes).prop_map(|(txs, pause, votes)| Round {
        txs,
        pause,
        votes,
    })
}

/// Rounds in which everything is well-formed, if not always sensible.
pub fn well_formed(rounds: usize) -> impl Strategy<Value = Vec<Round>> {
    prop::collection::vec(round(Just(Twist::None)), rounds)
}

/// Rounds with mutated and random bytes among them.
pub fn hostile(rounds: usize) -> impl Strategy<Value = Vec<Round>> {
    prop::collection::vec(round(twist()), rounds)
}

/// The actors' wallets and how their acts become bytes.
pub struct Players {
    pub wallets: Vec<Wallet>,
}

impl Default for Players {
    fn default() -> Self {
        let kind = |actor| {
            if actor % 2 == 0 {
                KeyKind::Secp256k1
            } else {
                KeyKind::Ed25519
            }
        };
        let wallet = |actor: u8| Wallet::new(kind(actor), actor + 1, actor.into());
        Self {
            wallets: (0..ACTORS).map(wallet).collect(),
        }
    }
}

impl Players {
    /// A chain of short epochs, windows and queues on which all have funds.
    pub fn genesis(&self) -> Genesis {
        let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(START));
        for wallet in &self.wallets {
            let funds = Coins::base(Amount::new(FUNDS));
            genesis
                .add_account(wallet.address(), funds, None)
                .expect("a new account");
        }
        genesis.app_state.epochs.params.blocks_per_epoch = 5;
        let params = &mut genesis.app_state.metering.params;
        (
            params.terms.window_blocks,
            params.terms.window_seconds,
            params.sweep_limit,
        ) = (3, 5, 2);
        genesis
    }

    /// A round's transactions for the next block of a chain. The chain's mempool
    /// sees each of them, which says what sequence comes next.
    pub fn txs(&mut self, chain: &Chain, round: &Round) -> Vec<Vec<u8>> {
        round.txs.iter().map(|tx| self.tx(chain, tx)).collect()
    }

    fn tx(&mut self, chain: &Chain, tx: &Tx) -> Vec<u8> {
        let wallet = &self.wallets[usize::from(tx.actor)];
        let mut builder = TxBuilder::new().gas(3_000_000);
        for act in &tx.acts {
            let mut any = self.message(&wallet.address(), act, chain.time);
            if let Twist::Message(changes) = &tx.twist {
                change(&mut any.value, changes);
            }
            builder = builder.any(any);
        }
        let mut bytes = wallet.sign_only(&builder).bytes().to_vec();
        match &tx.twist {
            Twist::None | Twist::Message(_) => {}
            Twist::Signed(changes) => change(&mut bytes, changes),
            Twist::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Twist::Noise(noise) => bytes.clone_from(noise),
        }
        if chain.check(&bytes).code == 0 {
            self.wallets[usize::from(tx.actor)].sequence += 1;
        }
        bytes
    }

    fn message(&self, from: &Address, act: &Act, now: i64) -> Any {
        let id = u64::from;
        match act {
            Act::Send { to, amount } => packed(&transfer(from, &self.address(*to), (*amount).into())),
            Act::MultiSend { outputs } => packed(&self.multi_send(from, outputs)),
            Act::CreateOffer => market::create_offer(from),
            Act::UpdateOffer { offer } => {
                let create = v1::MsgCreateOffer::decode(market::create_offer(from).value.as_slice());
                let create = create.expect("an offer");
                let update = v1::MsgUpdateOffer {
                    provider: create.provider,
                    offer_id: id(*offer),
                    meters: create.meters,
                    min_escrow: create.min_escrow,
                    max_open_deals: 3,
                    ..Default::default()
                };
                market::pack("MsgUpdateOffer", &update)
            }
            Act::WithdrawOffer { offer } => market::withdraw_offer(from, id(*offer)),
            Act::OpenDeal { offer, ankr, life } => {
                let escrow = u128::from(*ankr) * UANKR_PER_ANKR;
                market::open_deal(
                    from,
                    id(*offer),
                    escrow,
                    &session_key(SESSION),
                    now + i64::from(*life),
                )
            }
            Act::TopUp { deal, amount } => market::top_up(from, id(*deal), (*amount).into()),
            Act::AddKey { deal, key } => {
                let public_key = session_key(*key).public_key().as_bytes().to_vec().into();
                let add = v1::MsgAddSessionKey {
                    consumer: from.to_string(),
                    deal_id: id(*deal),
                    session_key: Some(v1::SessionKey {
                        public_key,
                        spending_cap: String::new(),
                    }),
                };
                market::pack("MsgAddSessionKey", &add)
            }
            Act::Claim { items } => {
                let voucher = |(deal, counter): &(u8, u32)| {
                    let counter = u64::from(*counter);
                    let session = VoucherSession {
                        seed: SESSION,
                        deal_id: id(*deal),
                        sequence: counter,
                    };
                    market::voucher(&session, counter)
                };
                market::claim(from, items.iter().map(voucher).collect())
            }
            Act::Close { deal } => market::close_deal(from, id(*deal)),
            Act::Refund { deal } => market::refund_deal(from, id(*deal)),
        }
    }

    fn address(&self, number: u8) -> Address {
        let known = self.wallets.get(usize::from(number)).map(Wallet::address);
        known.unwrap_or_else(|| Address::from_bytes(&[number; 20]).expect("20 bytes"))
    }

    fn multi_send(&self, from: &Address, outputs: &[(u8, u32)]) -> MsgMultiSend {
        let coins = |amount: u32| {
            vec![Coin {
                denom: BASE_DENOM.into(),
                amount: amount.to_string(),
            }]
        };
        let output = |(to, amount): &(u8, u32)| Output {
            address: self.address(*to).to_string(),
            coins: coins(*amount),
        };
        MsgMultiSend {
            inputs: vec![Input {
                address: from.to_string(),
                coins: coins(outputs.iter().map(|o| o.1).sum()),
            }],
            outputs: outputs.iter().map(output).collect(),
        }
    }
}

fn packed<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

fn change(bytes: &mut [u8], changes: &[(Index, u8)]) {
    let len = bytes.len();
    if len > 0 {
        changes.iter().for_each(|(at, byte)| bytes[at.index(len)] = *byte);
    }
}

/// Plays rounds on one chain, a decided block each.
pub fn play_all(players: &mut Players, chain: &mut Chain, rounds: &[Round]) {
    for round in rounds {
        let txs = players.txs(chain, round);
        let txs = chain.with_system_tx(txs);
        play(chain, txs, round);
    }
}

/// Plays a round's transactions as a decided block.
pub fn play(chain: &mut Chain, txs: Vec<Bytes>, round: &Round) -> crate::chain::Block {
    chain.time += i64::from(round.pause);
    chain.finalize_with(txs, |request| {
        request.decided_last_commit = Some(round.last_commit())
    })
}
