//! `slsbftd query election`

use std::cmp::Reverse;

use clap::Subcommand;
use serde_json::{Value, json};
use slsbft_client::Client;
use slsbft_proto::election::v1::{Place, QueryElectionResponse, Standing};

use super::{
    super::{
        Global,
        options::Failure,
        render::{self, Column, ankr, percent},
    },
    Shown, With,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Who was elected and who was not, and why
    #[command(
        after_help = "Examples:\n  slsbftd query election show\n  slsbftd query election show --epoch 12 --output json\n\n\
        Amounts are in ANKR, levels and chances in percent."
    )]
    Show {
        /// The election that the end of this epoch made [default: the latest]
        #[arg(long)]
        epoch: Option<u64>,
    },
    /// Where one candidate stood, and what the next election will see of it
    #[command(after_help = "Examples:\n  slsbftd query election candidate ankrvaloper1…")]
    Candidate {
        /// ankrvaloper1…, ankr1… or the name of a key
        #[arg(value_name = "VALIDATOR")]
        operator: String,
    },
    /// What the next election will be drawn from: the candidates at the last boundary
    #[command(after_help = "Examples:\n  slsbftd query election snapshot")]
    Snapshot,
    /// The rules: seats, and from how many on they are drawn
    #[command(after_help = "Examples:\n  slsbftd query election params")]
    Params,
}

pub async fn run(command: Command, client: &Client, with: &With, global: &Global) -> Result<Shown, Failure> {
    match command {
        Command::Show { epoch } => {
            let election = client.election(epoch).await?;
            Ok(Shown {
                value: render::hexed(&election)?,
                text: Some(heading(&election) + &table(&election.standings)),
            })
        }
        Command::Candidate { operator } => {
            let operator = with.keyring.operator(global, &operator)?;
            render::hexed(&client.candidate(&operator).await?).map(Shown::from)
        }
        Command::Snapshot => {
            let found = client.election_snapshot().await?;
            let values = found
                .iter()
                .map(render::hexed)
                .collect::<Result<Vec<Value>, _>>()?;
            Ok(Shown {
                value: json!({ "standings": values }),
                text: Some(table(&found)),
            })
        }
        Command::Params => render::proto(&client.election_params().await?).map(Shown::from),
    }
}

fn heading(election: &QueryElectionResponse) -> String {
    // With fewer candidates than seats there is no threshold.
    let threshold = match election.threshold.as_str() {
        "" | "0" => String::new(),
        uankr => format!("a seat is certain from a weight of {} ANKR\n", ankr(uankr)),
    };
    format!(
        "epoch {}, seed {}\n{threshold}\n",
        election.epoch,
        hex::encode(&election.seed)
    )
}

/// Those with most power first, then those with most weight.
fn table(standings: &[Standing]) -> String {
    use Column::{Number, Text};
    let columns = [
        Text("MONIKER"),
        Number("STAKE"),
        Number("LEVEL"),
        Number("CONSENSUS"),
        Number("ENDPOINT"),
        Number("RESOURCE"),
        Number("CONSUMER"),
        Number("WEIGHT"),
        Number("CHANCE"),
        Text("PLACE"),
        Number("POWER"),
        Text("OPERATOR"),
        Text("WHY"),
    ];
    let mut sorted: Vec<&Standing> = standings.iter().collect();
    sorted.sort_by_key(|standing| {
        let weight = standing.weight.parse::<u128>().unwrap_or_default();
        Reverse((standing.power, weight))
    });
    let rows: Vec<Vec<String>> = sorted.into_iter().map(row).collect();
    render::table(&columns, &rows)
}

fn row(standing: &Standing) -> Vec<String> {
    let level = standing.service.unwrap_or_default();
    let dimensions = [
        level.level,
        level.consensus,
        level.endpoint,
        level.resource,
        level.consumer,
    ];
    let mut row = vec![plain(&standing.moniker), ankr(&standing.stake)];
    row.extend(dimensions.map(percent));
    row.extend([
        ankr(&standing.weight),
        percent(standing.chance),
        place(standing.place()).to_owned(),
        standing.power.to_string(),
        standing.operator.clone(),
        plain(&standing.reason),
    ]);
    row
}

/// A stranger's text, without what would break the line or steer the terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Unspecified => "",
        Place::Certain => "certain",
        Place::Drawn => "drawn",
        Place::ByWeight => "by weight",
        Place::NotDrawn => "not drawn",
        Place::Below => "below",
        Place::NotEligible => "not eligible",
        Place::SeatEmpty => "seat empty",
    }
}

#[cfg(test)]
mod tests {
    use slsbft_proto::election::v1::ServiceLevel;

    use super::*;

    fn standing(moniker: &str, power: i64, weight: &str, place: Place) -> Standing {
        Standing {
            operator: format!("ankrvaloper1{moniker}"),
            moniker: moniker.into(),
            stake: "500000500000".into(),
            service: Some(ServiceLevel {
                level: 962_000_000,
                ..ServiceLevel::default()
            }),
            weight: weight.into(),
            chance: 123_456_789,
            place: place.into(),
            power,
            ..Standing::default()
        }
    }

    #[test]
    fn the_strongest_stand_first_and_those_without_a_seat_say_why() {
        let mut out = standing("carol", 0, "9000000", Place::NotEligible);
        out.reason = "jailed until\u{1b}[2J 12:00".into();
        let standings = [
            out,
            standing("alice", 10, "10000000", Place::Drawn),
            standing("bob", 20, "20000000", Place::Certain),
        ];
        let printed = table(&standings);
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines[0].starts_with("MONIKER"), "{printed}");
        for (line, name) in lines[1..].iter().zip(["bob", "alice", "carol"]) {
            assert!(line.starts_with(name), "{printed}");
        }
        for part in ["500000.5", "96.20%", "12.34%", "certain", "20", "ankrvaloper1bob"] {
            assert!(lines[1].contains(part), "{part} in {printed}");
        }
        assert!(lines[3].ends_with("jailed until[2J 12:00"), "{printed}");
    }
}
