//! What CometBFT would refuse only after some starts, or pass over: names that it
//! does not know, values of another kind, durations, peers.

use toml::{Table, Value};

use super::cometbft::default_config_toml;

/// Names that CometBFT knows and `init` does not write.
const OTHERS: [&str; 9] = [
    "mempool.check_tx_retry_delay",
    "mempool.reap_interval",
    "mempool.reap_max_bytes",
    "mempool.reap_max_gas",
    "mempool.seen_cache_size",
    "p2p.libp2p.limits",
    "p2p.libp2p.scaler",
    "tx_index.psql-conn",
    "version",
];
/// Lists of peers: `ID@host:port`, separated by commas.
const PEERS: [&str; 2] = ["p2p.persistent_peers", "p2p.seeds"];
const EXTERNAL: &str = "p2p.external_address";
/// Hex digits of a node's id.
const ID_LEN: usize = 40;

/// A setting and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub key: String,
    pub what: String,
}

/// The first value that CometBFT cannot use.
pub(super) fn values(settings: &Table) -> Option<Problem> {
    each(settings, &template(), "", &mut |key, value, usual| {
        let usual = usual?;
        if value.type_str() != usual.type_str() {
            return Some(format!("must be of the kind {}, as {usual}", usual.type_str()));
        }
        let (text, usual) = (value.as_str()?, usual.as_str()?);
        if is_duration(usual) && !is_duration(text) {
            return Some(format!("`{text}` is no duration; write it like {usual}"));
        }
        if key == EXTERNAL && !text.is_empty() && !is_address(text) {
            return Some(format!("`{text}` is no address; write host:port"));
        }
        if PEERS.contains(&key)
            && let Some(bad) = text
                .split(',')
                .map(str::trim)
                .find(|peer| !peer.is_empty() && !is_peer(peer))
        {
            return Some(format!(
                "`{bad}` is no peer; write ID@host:port (`slsbftd status` shows a node's)"
            ));
        }
        None
    })
}

/// The first name that CometBFT does not know.
pub(super) fn names(settings: &Table) -> Option<Problem> {
    each(settings, &template(), "", &mut |key, _, usual| {
        let known = |other: &str| {
            let rest = key.strip_prefix(other);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        (usual.is_none() && !OTHERS.iter().any(|other| known(other)))
            .then(|| "CometBFT has no setting of this name; check its spelling".to_owned())
    })
}

fn template() -> Table {
    default_config_toml().parse().unwrap_or_default()
}

/// Goes through all values, each with the one that `init` writes.
fn each(
    settings: &Table,
    template: &Table,
    path: &str,
    look: &mut impl FnMut(&str, &Value, Option<&Value>) -> Option<String>,
) -> Option<Problem> {
    settings.iter().find_map(|(name, value)| {
        let key = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match (value, template.get(name)) {
            (Value::Table(inner), Some(Value::Table(usual))) => each(inner, usual, &key, look),
            (value, usual) => look(&key, value, usual).map(|what| Problem { key, what }),
        }
    })
}

/// As Go reads it: `1h30m`, `900ms`, `0`.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 7] = ["ns", "us", "µs", "ms", "s", "m", "h"];
    let mut rest = text.trim_start_matches(['+', '-']);
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = rest.strip_suffix(unit).unwrap_or_default();
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        if number.parse::<f64>().is_err() || !UNITS.contains(&unit) {
            return false;
        }
        rest = after;
    }
    !text.is_empty()
}

fn is_peer(text: &str) -> bool {
    let text = text.strip_prefix("tcp://").unwrap_or(text);
    text.split_once('@').is_some_and(|(id, address)| {
        id.len() == ID_LEN && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_address(address)
    })
}

fn is_address(text: &str) -> bool {
    let text = text.strip_prefix("tcp://").unwrap_or(text);
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn what_init_writes_has_no_problem() {
        assert_eq!(values(&template()), None);
        assert_eq!(names(&template()), None);
    }

    #[test]
    fn values_that_cometbft_would_refuse_are_named() {
        for (text, key) in [
            (
                "[consensus]\ntimeout_commit = \"abc\"",
                "consensus.timeout_commit",
            ),
            ("[consensus]\ntimeout_commit = \"2x\"", "consensus.timeout_commit"),
            ("[consensus]\ntimeout_commit = \"5\"", "consensus.timeout_commit"),
            ("[consensus]\ntimeout_commit = 5", "consensus.timeout_commit"),
            ("[mempool]\nsize = \"many\"", "mempool.size"),
            ("[p2p]\npersistent_peers = \"foo\"", "p2p.persistent_peers"),
            ("[p2p]\nseeds = \"ab@host:1\"", "p2p.seeds"),
            ("[p2p]\nexternal_address = \"foo\"", "p2p.external_address"),
        ] {
            assert_eq!(
                values(&with(text)).map(|problem| problem.key),
                Some(key.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn values_that_cometbft_takes_are_taken() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        for text in [
            "[consensus]\ntimeout_commit = \"1h2m3.5s\"".to_owned(),
            "[consensus]\ntimeout_commit = \"0\"".to_owned(),
            format!("[p2p]\npersistent_peers = \"{id}@a.example:26656, tcp://{id}@[::1]:26656\""),
            "[p2p]\nexternal_address = \"tcp://203.0.113.7:26656\"".to_owned(),
            "[p2p.libp2p.limits]\nmax_peers = 7".to_owned(),
        ] {
            assert_eq!(values(&with(&text)), None, "{text}");
            assert_eq!(names(&with(&text)), None, "{text}");
        }
    }

    #[test]
    fn a_misspelled_name_is_found() {
        let problem = names(&with("[consensus]\ntimeout_comit = \"1s\"")).unwrap();
        assert_eq!(problem.key, "consensus.timeout_comit");
        assert!(names(&with("monicker = \"x\"")).is_some());
    }
}
