//! Finds out from a contract's own errors what messages it takes, so that messages can be made that it
//! reads to their end: which variants there are, which fields, and which values each field takes.

use std::collections::BTreeMap;

use cosmwasm_vm::testing::{MOCK_CONTRACT_ADDR, MockApi};

/// Random numbers that are the same each time.
pub struct Random(pub u64);

impl Random {
    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Fields and, for each, the values that it takes.
type Fields = BTreeMap<String, Vec<String>>;

/// What messages an entry point takes. A message that is no variant has the name "".
#[derive(Default)]
pub struct Grammar {
    variants: BTreeMap<String, Fields>,
}

/// What a contract answered to a message.
pub enum Heard {
    /// It read all of it.
    Read,
    /// It did not, and said this.
    Refused(String),
}

impl Grammar {
    /// Learns by asking.
    pub fn learn(mut ask: impl FnMut(&str) -> Heard) -> Self {
        let mut grammar = Self::default();
        match ask(r#"{"?":{}}"#) {
            Heard::Refused(text) if text.contains("unknown variant") => {
                for variant in expected(&text) {
                    grammar.variants.insert(variant, Fields::new());
                }
            }
            _ => {
                grammar.variants.insert(String::new(), Fields::new());
            }
        }
        for (variant, fields) in &mut grammar.variants {
            learn_fields(variant, fields, &mut ask);
        }
        grammar
    }

    pub fn variants(&self) -> usize {
        self.variants.len()
    }

    /// A message that the contract is likely to read, and now and then one that it is not.
    pub fn message(&self, random: &mut Random, leave_out: &[&str]) -> Option<String> {
        let variants: Vec<_> = self
            .variants
            .iter()
            .filter(|(name, _)| !leave_out.contains(&name.as_str()))
            .collect();
        if variants.is_empty() {
            return None;
        }
        let (variant, fields) = random.pick(&variants);
        let strange = random.below(8) == 0;
        let values: Vec<(String, String)> = fields
            .iter()
            .map(|(field, known)| {
                let value = if strange || known.is_empty() {
                    random.pick(&values()).clone()
                } else {
                    random.pick(known).clone()
                };
                (field.clone(), value)
            })
            .collect();
        Some(write(variant, &values))
    }
}

/// Asks with one field after another until none is missing, trying values for each.
fn learn_fields(variant: &str, fields: &mut Fields, ask: &mut impl FnMut(&str) -> Heard) {
    let mut good: Vec<(String, String)> = Vec::new();
    while let Heard::Refused(text) = ask(&write(variant, &good)) {
        let Some(field) = missing(&text).filter(|field| !fields.contains_key(field)) else {
            break;
        };
        let taken: Vec<String> = values()
            .into_iter()
            .filter(|value| {
                let mut with = good.clone();
                with.push((field.clone(), value.clone()));
                match ask(&write(variant, &with)) {
                    Heard::Read => true,
                    Heard::Refused(text) => missing(&text).is_some(),
                }
            })
            .collect();
        if let Some(value) = taken.first() {
            good.push((field.clone(), value.clone()));
        }
        fields.insert(field, taken);
    }
    // Fields that may be left out are named to whoever sends one that there is none of.
    let mut with = good;
    with.push(("?".to_owned(), "null".to_owned()));
    if let Heard::Refused(text) = ask(&write(variant, &with))
        && text.contains("unknown field")
    {
        for field in expected(&text) {
            fields.entry(field).or_default();
        }
    }
}

fn write(variant: &str, fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(field, value)| format!(r#""{field}":{value}"#))
        .collect();
    let fields = format!("{{{}}}", fields.join(","));
    if variant.is_empty() {
        fields
    } else {
        format!(r#"{{"{variant}":{fields}}}"#)
    }
}

/// The names that a text says were expected.
fn expected(text: &str) -> Vec<String> {
    let names = text.split_once("expected").map_or("", |(_, names)| names);
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The field that a text says is missing.
fn missing(text: &str) -> Option<String> {
    let (_, name) = text.split_once("missing field `")?;
    Some(name.split_once('`')?.0.to_owned())
}

/// Values of all kinds, some of which fit wherever something is expected.
fn values() -> Vec<String> {
    let [alice, bob] = ["alice", "bob"].map(|name| MockApi::default().addr_make(name));
    let coin = r#"{"denom":"earth","amount":"3"}"#;
    let send = format!(r#"{{"bank":{{"send":{{"to_address":"{bob}","amount":[{coin}]}}}}}}"#);
    let sub = format!(r#"{{"id":7,"msg":{send},"gas_limit":null,"reply_on":"always","payload":"aGk="}}"#);
    let balance = format!(r#"{{"bank":{{"balance":{{"address":"{MOCK_CONTRACT_ADDR}","denom":"earth"}}}}}}"#);
    let mut values = vec![
        format!(r#""{alice}""#),
        format!(r#""{bob}""#),
        format!(r#"["{alice}","{bob}"]"#),
        format!(r#"[{{"address":"{alice}","amount":"900"}}]"#),
        format!(r#"{{"minter":"{alice}","cap":"5000"}}"#),
        format!("[{coin}]"),
        format!("[{send}]"),
        format!("[{sub}]"),
        coin.to_owned(),
        send,
        balance,
    ];
    let plain = [
        r#""""#,
        r#""7""#,
        r#""TOK""#,
        r#""0.02""#,
        r#""e30=""#,
        r#""earth""#,
        r#""340282366920938463463374607431768211455""#,
        r#""channel-0""#,
        r#""\u0000\ud83d\ude00""#,
        "0",
        "1",
        "6",
        "50",
        "-1",
        "2147483648",
        "18446744073709551615",
        "1.5",
        "null",
        "true",
        "false",
        "[]",
        "{}",
        r#"{"at_height":5}"#,
        r#"{"never":{}}"#,
        "[[]]",
        r#"[{"u32":1},{"u32":2}]"#,
    ];
    values.extend(plain.map(str::to_owned));
    values
}
