//! The balance sheet of a deal: who had what before and after, and whether it
//! adds up to the last uankr.

use std::fmt;

use slsbft_client::{Client, ClientError};
use slsbft_types::{Address, Amount, BASE_DENOM, UANKR_PER_ANKR};

/// Someone whose balance is followed.
#[derive(Clone, Debug)]
pub struct Party {
    pub name: String,
    /// Shown only if something changed.
    pub bystander: bool,
    pub address: Address,
}

/// Balances of all parties and the supply, at one height.
#[derive(Clone, Debug)]
pub struct Balances {
    pub height: u64,
    pub of: Vec<(Party, Amount)>,
    pub supply: Amount,
}

impl Balances {
    /// Reads until no block came in between, so that all figures are of one height.
    pub async fn read(client: &Client, parties: &[Party]) -> Result<Self, ClientError> {
        loop {
            let height = client.latest_height().await?;
            let mut of = Vec::new();
            for party in parties {
                of.push((party.clone(), client.balance(&party.address, BASE_DENOM).await?));
            }
            let supply = client.total_supply().await?;
            let supply = supply.iter().find(|coin| coin.denom.as_str() == BASE_DENOM);
            let supply = supply.map_or(Amount::ZERO, |coin| coin.amount);
            if client.latest_height().await? == height {
                return Ok(Self { height, of, supply });
            }
        }
    }
}

/// What changed between two readings.
#[derive(Debug)]
pub struct Sheet {
    pub before: Balances,
    pub after: Balances,
}

impl Sheet {
    /// Change of a party's balance, in uankr.
    pub fn change(&self, name: &str) -> i128 {
        let of = |balances: &Balances| {
            let found = balances.of.iter().find(|(party, _)| party.name == name);
            signed(found.map_or(Amount::ZERO, |(_, amount)| *amount))
        };
        of(&self.after) - of(&self.before)
    }

    /// What left the supply: the burned part of transaction fees.
    pub fn burned(&self) -> i128 {
        signed(self.before.supply) - signed(self.after.supply)
    }

    /// Whether the parties together lost exactly what was burned.
    pub fn adds_up(&self) -> bool {
        let total: i128 = self
            .before
            .of
            .iter()
            .map(|(party, _)| self.change(&party.name))
            .sum();
        total + self.burned() == 0
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, before: String, after: String, change: String| {
            writeln!(f, "  {name:<24} {before:>24} {after:>24} {change:>20}")
        };
        let heights = (self.before.height, self.after.height);
        row(
            f,
            "ANKR",
            format!("at height {}", heights.0),
            format!("at height {}", heights.1),
            "change".into(),
        )?;
        writeln!(f, "  {}", "─".repeat(95))?;
        let mut total = 0;
        for ((party, before), (_, after)) in self.before.of.iter().zip(&self.after.of) {
            let change = self.change(&party.name);
            if change == 0 && party.bystander {
                continue;
            }
            total += change;
            row(
                f,
                &party.name,
                ankr(signed(*before)),
                ankr(signed(*after)),
                plus(change),
            )?;
        }
        let burned = self.burned();
        row(f, "burned", ankr(0), ankr(burned), plus(burned))?;
        writeln!(f, "  {}", "─".repeat(95))?;
        row(
            f,
            "sum of changes",
            String::new(),
            String::new(),
            plus(total + burned),
        )?;
        let (before, after) = (signed(self.before.supply), signed(self.after.supply));
        row(
            f,
            "total supply + burned",
            ankr(before),
            ankr(after + burned),
            plus(after + burned - before),
        )
    }
}

/// Balances are far below 2^127: the whole supply is about 2^53.
pub fn signed(amount: Amount) -> i128 {
    i128::try_from(amount.value()).unwrap_or(i128::MAX)
}

/// uankr as ANKR: groups of three, all six decimals.
pub fn ankr(uankr: i128) -> String {
    let sign = if uankr < 0 { "-" } else { "" };
    let (whole, rest) = (
        uankr.unsigned_abs() / UANKR_PER_ANKR,
        uankr.unsigned_abs() % UANKR_PER_ANKR,
    );
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{rest:06}")
}

fn plus(uankr: i128) -> String {
    if uankr > 0 {
        format!("+{}", ankr(uankr))
    } else {
        ankr(uankr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balances(a: u128, b: u128, supply: u128) -> Balances {
        let party = |name: &str, n: u8| Party {
            name: name.into(),
            bystander: false,
            address: Address::from_bytes(&[n; 20]).unwrap(),
        };
        let of = vec![(party("a", 1), Amount::new(a)), (party("b", 2), Amount::new(b))];
        Balances {
            height: 1,
            of,
            supply: Amount::new(supply),
        }
    }

    #[test]
    fn a_sheet_adds_up_only_if_nothing_came_or_went() {
        let sheet = |after| Sheet {
            before: balances(10, 5, 100),
            after,
        };
        assert!(sheet(balances(3, 12, 100)).adds_up());
        assert!(sheet(balances(3, 11, 99)).adds_up(), "one was burned");
        assert!(!sheet(balances(3, 11, 100)).adds_up());
    }

    #[test]
    fn amounts_read_well_and_lose_nothing() {
        assert_eq!(ankr(1_234_567_000_001), "1,234,567.000001");
        assert_eq!(ankr(-5), "-0.000005");
        assert_eq!(plus(999_000_000), "+999.000000");
        assert_eq!(plus(0), "0.000000");
    }
}
