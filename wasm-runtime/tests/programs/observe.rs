//! What can be seen of a call, on either side, and the interpreter's side of it.

use super::host;
use super::tables;
use slsbft_wasm::pass::Rules;
use slsbft_wasm_interpreter::{Budget, End, Instance, InstantiateError, Limits, Module, Report, Trap, Value};

/// One call into a fresh instance.
#[derive(Clone, Debug)]
pub struct Plan {
    pub export: String,
    pub arguments: Vec<Value>,
    pub budget: Budget,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Observation {
    /// An active segment did not fit.
    NoInstance(Trap),
    /// The start function or the call ended like this, with these points left, and these slots if it
    /// returned: after a trap they mean nothing. Memory and globals are left out where the page lets what
    /// ran after the last charge be undone.
    Ran {
        end: End,
        points: i64,
        slots: Option<i64>,
        state: Option<State>,
    },
}

/// The memory and the exported globals, by name.
pub type State = (Vec<u8>, Vec<(String, Value)>);

impl Observation {
    pub fn ran(end: End, points: i64, slots: i64, state: impl FnOnce() -> State) -> Self {
        let undone = matches!(end, End::OutOfPoints | End::StackExhausted);
        let slots = matches!(end, End::Returned(_)).then_some(slots);
        Self::Ran {
            state: (!undone).then(state),
            slots,
            points,
            end,
        }
    }

    /// Goes on with a hash of observations (FNV-1a, 64 bits; memory in words).
    pub fn hash(&self, hash: u64) -> u64 {
        let add = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3);
        match self {
            Self::NoInstance(trap) => trap
                .to_string()
                .bytes()
                .fold(hash, |hash, byte| add(hash, byte.into())),
            Self::Ran {
                end,
                points,
                slots,
                state,
            } => {
                let (memory, globals) = state.as_ref().map_or((&[][..], &[][..]), |(m, g)| (m, g));
                let words = memory
                    .chunks_exact(8)
                    .map(|word| u64::from_le_bytes(word.try_into().unwrap()));
                let hash = words.fold(hash, add);
                let text = format!("{end:?} {points} {slots:?} {globals:?}");
                text.bytes().fold(hash, |hash, byte| add(hash, byte.into()))
            }
        }
    }
}

/// The interpreter's report beside what both sides show.
pub struct Interpreted {
    pub seen: Observation,
    pub report: Option<Report>,
}

/// Instantiates, starts and calls as planned, in the interpreter.
pub fn interpret(module: &Module, rules: &Rules, plan: &Plan) -> Interpreted {
    let pages = u32::try_from(rules.limits.memory_maximum).unwrap();
    let limits = Limits {
        pages,
        elements: u32::MAX,
    };
    let mut instance = match Instance::new(module, host::imports(), limits) {
        Ok(instance) => instance,
        Err(InstantiateError::Trap(trap)) => {
            return Interpreted {
                seen: Observation::NoInstance(trap),
                report: None,
            };
        }
        Err(error) => panic!("{error}"),
    };
    let report = match instance.start(plan.budget).unwrap() {
        Some(report) if !matches!(report.end, End::Returned(_)) => report,
        _ => instance.call(&plan.export, &plan.arguments, plan.budget).unwrap(),
    };
    let global = |name: &str| (name.to_owned(), instance.global(name).unwrap());
    let state = || {
        (
            instance.memory().to_vec(),
            module.exported_globals().map(global).collect(),
        )
    };
    let seen = Observation::ran(report.end.clone(), report.points, report.slots, state);
    Interpreted {
        seen,
        report: Some(report),
    }
}

/// Loads what the pass took; the interpreter must take it too.
pub fn load(code: &[u8], rules: &Rules) -> Module {
    tables::load(code, rules).unwrap_or_else(|error| panic!("the pass takes it, but {error}"))
}
