//! What `slsbftd wasm run` is told to do, one step after the other.

use std::str::FromStr;

use slsbft_types::Coins;

use super::super::values;

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A message in a transaction.
    Call {
        entry: Entry,
        who: String,
        funds: Coins,
        msg: String,
    },
    /// A question.
    Query(String),
    /// A task's input.
    Compute(String),
    /// So many empty blocks.
    Blocks(u32),
}

/// Which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Instantiate,
    Execute,
    Migrate,
}

/// Most blocks of one step.
const MAX_BLOCKS: u32 = 10_000;

/// Reads steps from pairs of words.
pub fn read(words: &[String]) -> Result<Vec<Step>, String> {
    let (pairs, rest) = words.as_chunks::<2>();
    if let [word] = rest {
        return Err(format!("after '{word}' comes its message, in JSON"));
    }
    pairs.iter().map(|[word, what]| step(word, what)).collect()
}

/// `ENTRY[@WHO][+COINS]`, and what follows it.
fn step(word: &str, what: &str) -> Result<Step, String> {
    let (head, funds) = match word.split_once('+') {
        Some((head, funds)) => (head, values::coins(funds)?),
        None => (word, Coins::default()),
    };
    let (entry, who) = head.split_once('@').unwrap_or((head, "alice"));
    match entry {
        "query" => Ok(Step::Query(json(what)?)),
        "compute" => Ok(Step::Compute(what.to_owned())),
        "blocks" => match u32::from_str(what) {
            Ok(number) if number <= MAX_BLOCKS => Ok(Step::Blocks(number)),
            _ => Err(format!("'{what}' is no number of blocks from 0 to {MAX_BLOCKS}")),
        },
        _ => Ok(Step::Call {
            entry: entry.parse()?,
            who: who.to_owned(),
            funds,
            msg: json(what)?,
        }),
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "instantiate" => Ok(Self::Instantiate),
            "execute" => Ok(Self::Execute),
            "migrate" => Ok(Self::Migrate),
            _ => Err(format!(
                "'{word}' is no step; there are instantiate, execute, query, migrate, compute and blocks, \
                 as in execute@bob+5ankr '{{\"buy\":{{}}}}'"
            )),
        }
    }
}

impl Entry {
    pub fn name(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Execute => "execute",
            Self::Migrate => "migrate",
        }
    }
}

fn json(text: &str) -> Result<String, String> {
    super::super::tx::json_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn steps_say_who_and_with_which_coins() {
        let steps = read(&words(&[
            "execute@bob+5ankr",
            "{}",
            "query",
            "{\"a\":1}",
            "blocks",
            "3",
        ]))
        .unwrap();
        let [
            Step::Call {
                entry,
                who,
                funds,
                msg,
            },
            Step::Query(query),
            Step::Blocks(3),
        ] = steps.as_slice()
        else {
            panic!("{steps:?}");
        };
        assert_eq!(
            (*entry, who.as_str(), msg.as_str()),
            (Entry::Execute, "bob", "{}")
        );
        assert_eq!(funds.to_string(), "5000000uankr");
        assert_eq!(query, "{\"a\":1}");
    }

    #[test]
    fn what_is_no_step_is_told_what_there_is() {
        for (wrong, why) in [
            (&["execute"] as &[_], "its message"),
            (&["fly", "{}"], "is no step"),
            (&["execute", "{"], "no JSON"),
            (&["blocks", "many"], "no number"),
            (&["execute+much", "{}"], "much"),
        ] {
            let error = read(&words(wrong)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
