//! One metered deal, played for real: a provider offers, a consumer opens a deal,
//! thousands of requests pass both daemons, each paid by a voucher; the provider
//! claims, the chain settles, and the balance sheet shows where every uankr went.

mod chain;
mod daemons;
mod requests;
mod sheet;
mod upstream;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use slsbft_client::{Client, SigningKey};
use slsbft_types::{
    Address, Amount, AmountError, Ratio,
    metering::{Deal, Split, Terms},
};

use self::{
    chain::Side,
    daemons::{Daemons, Parties},
    sheet::{Balances, Party, Sheet, ankr, signed},
    upstream::Upstream,
};
use crate::{
    error::{Error, Result},
    network::Network,
    service::register::operator,
};

/// Names of the accounts that take part.
pub const PROVIDER: &str = "provider";
pub const CONSUMER: &str = "consumer";
pub const APPLICATION: &str = "application";

const ESCROW: &str = "escrow (metering)";
const TREASURY: &str = "treasury";
const COLLECTED: &str = "fees of this epoch";
const VALIDATORS: &str = "validators' fees";

/// Requests at a time.
const PARALLEL: usize = 16;
/// How long the daemons may take to answer at all.
const READY: Duration = Duration::from_secs(60);

/// Plays the deal on a running network and prints its balance sheet; an error if
/// a single uankr is not where it should be.
pub async fn play(dir: &Path, network: &Network, slsbftd: &Path, requests: u64) -> Result<()> {
    let node = network
        .nodes
        .first()
        .ok_or_else(|| Error::Usage("the testnet has no nodes".into()))?;
    let client = Client::connect(&node.grpc.to_string()).await.map_err(chain)?;
    let mut provider = Side::new(&client, network.key(PROVIDER)?).await?;
    let mut consumer = Side::new(&client, network.key(CONSUMER)?).await?;
    let application = network.key(APPLICATION)?.address();
    let operators = operators(network)?;
    let mut followed = followed(&provider, &consumer, application);
    followed.extend_from_slice(&operators);
    println!("A metered deal, over gRPC");
    let before = Balances::read(&client, &followed).await.map_err(chain)?;

    let offer = provider.offer().await?;
    println!("  {:9} offers requests and bytes (offer {offer})", PROVIDER);
    let session = SigningKey::generate(slsbft_client::KeyKind::Ed25519);
    let deal = consumer.open_deal(offer, &application, &session).await?;
    println!(
        "  {:9} opens deal {deal} with an escrow of {} ANKR",
        CONSUMER,
        chain::ESCROW_ANKR
    );

    let upstream = Upstream::start().await?;
    let parties = Parties {
        offer,
        deal,
        provider: &provider.key,
        session: &session,
    };
    let mut daemons = Daemons::start(dir, network, slsbftd, &parties, upstream.address)?;
    daemons.wait(READY).await?;
    let started = Instant::now();
    let served = requests::send(daemons.consumer_address, requests, PARALLEL).await?;
    let rate = served as f64 / started.elapsed().as_secs_f64();
    println!("  {served} requests served through both daemons, each vouchered ({rate:.0}/s)");
    daemons.stop().await;
    let claimed = client.deal(deal).await.map_err(chain)?;
    let claimed = Deal::try_from(claimed).map_err(|e| Error::Chain(e.to_string()))?;
    println!("  {:9} has claimed {} ANKR", PROVIDER, ankr(signed(claimed.paid)));
    provider.close(deal, offer).await?;
    println!(
        "  {:9} closes; the chain settles and returns the rest\n",
        PROVIDER
    );

    let after = Balances::read(&client, &followed).await.map_err(chain)?;
    let sheet = Sheet { before, after };
    // Of a chain that goes on: its validators prove and audit meanwhile.
    let others = operators
        .iter()
        .map(|operator| -sheet.change(&operator.name))
        .sum();
    println!("{sheet}");
    let split = claimed
        .split(claimed.paid)
        .map_err(|e| Error::Chain(e.to_string()))?;
    explain(&split, claimed.paid, &claimed.terms)?;
    verify(&sheet, &split, claimed.paid, consumer.fees, others)
}

fn chain(error: slsbft_client::ClientError) -> Error {
    Error::Chain(error.to_string())
}

/// Everybody whose balance a deal or its transactions can change.
fn followed(provider: &Side, consumer: &Side, application: Address) -> Vec<Party> {
    let module = |name, module: &str| Party {
        name: String::from(name),
        bystander: false,
        address: Address::module(module),
    };
    vec![
        Party {
            name: CONSUMER.into(),
            bystander: false,
            address: consumer.address(),
        },
        Party {
            name: PROVIDER.into(),
            bystander: false,
            address: provider.address(),
        },
        Party {
            name: APPLICATION.into(),
            bystander: false,
            address: application,
        },
        module(ESCROW, "metering"),
        module(TREASURY, "treasury"),
        module(COLLECTED, "fee_collector"),
        module(VALIDATORS, "distribution"),
    ]
}

/// The validators' operators, by the names of their nodes.
fn operators(network: &Network) -> Result<Vec<Party>> {
    let nodes = network.nodes.iter();
    nodes
        .map(|node| {
            Ok(Party {
                name: node.moniker.clone(),
                bystander: true,
                address: operator(node, &network.chain_id)?.address(),
            })
        })
        .collect()
}

/// Who gets which part of the payment, and of which of its two halves: what was
/// earned, and the platform's share, which is split as well.
fn explain(split: &Split, paid: Amount, terms: &Terms) -> Result<()> {
    let overflow = |e: AmountError| Error::Chain(e.to_string());
    let percent = |ratio: Ratio| ratio.billionths() / 10_000_000;
    let platform = terms.platform_share.of(paid).map_err(overflow)?;
    let resource = terms.provider_part.of(platform).map_err(overflow)?;
    let application = signed(platform) - signed(resource) - signed(split.treasury);
    println!(
        "  Paid {} ANKR, {} % of it the platform's fee",
        ankr(signed(paid)),
        percent(terms.platform_share)
    );
    println!(
        "  {:<14} {:>18} {:>18} {:>18}",
        "", "earned", "of the fee", "together"
    );
    let rows = [
        (PROVIDER, split.provider, signed(resource)),
        (APPLICATION, split.application, application),
        (TREASURY, split.treasury, signed(split.treasury)),
        ("together", paid, signed(platform)),
    ];
    for (name, all, fee) in rows {
        let all = signed(all);
        println!(
            "  {name:<14} {:>18} {:>18} {:>18}",
            ankr(all - fee),
            ankr(fee),
            ankr(all)
        );
    }
    println!();
    Ok(())
}

/// Each balance must be what the rules say: payments by the split, everything
/// else transaction fees, `others` of them of validators.
fn verify(sheet: &Sheet, split: &Split, paid: Amount, consumer_fees: Amount, others: i128) -> Result<()> {
    let provider_fees = signed(split.provider) - sheet.change(PROVIDER);
    let fees = provider_fees + signed(consumer_fees);
    let treasury_fees = sheet.change(TREASURY) - signed(split.treasury);
    let checks = [
        ("the changes do not add up", sheet.adds_up()),
        ("the shares are not what was paid", split.total() == Ok(paid)),
        (
            "the consumer paid another sum",
            sheet.change(CONSUMER) == -signed(paid) - signed(consumer_fees),
        ),
        (
            "the application got another share",
            sheet.change(APPLICATION) == signed(split.application),
        ),
        ("escrow was left behind", sheet.change(ESCROW) == 0),
        ("the provider paid no fees or was overpaid", provider_fees > 0),
        (
            "transaction fees went astray",
            fees + others
                == sheet.change(COLLECTED) + sheet.change(VALIDATORS) + treasury_fees + sheet.burned(),
        ),
    ];
    match checks.iter().find(|(_, holds)| !holds) {
        Some((problem, _)) => Err(Error::Chain(format!(
            "the deal's balance sheet is wrong: {problem}"
        ))),
        None => {
            let fees = ankr(fees);
            println!("  Checked to the last uankr: payments by the split, {fees} ANKR of transaction fees,");
            println!("  nothing left in escrow, total supply unchanged but for the burned part of fees.\n");
            Ok(())
        }
    }
}
