//! Where in a JSON document an answer is: `$`, then `.name` and `[index]` as often as needed.

use std::str::FromStr;

/// Longest path in bytes.
pub const MAX_PATH: usize = 256;
const MAX_STEPS: usize = 32;

/// A path, from the document's outermost value inwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// From a value to one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Of an object.
    Field(String),
    /// Of an array, from 0.
    Index(u32),
}

/// Why something is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("a path has at most {MAX_PATH} bytes and {MAX_STEPS} steps")]
    Length,
    #[error("a path begins with $")]
    Start,
    #[error("expected .name (letters, digits, _ and -) or [index] at byte {0}")]
    Step(usize),
}

impl Path {
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.len() > MAX_PATH {
            return Err(PathError::Length);
        }
        let mut rest = text.strip_prefix('$').ok_or(PathError::Start)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let (step, after) = step(rest).ok_or(PathError::Step(at))?;
            if steps.len() == MAX_STEPS {
                return Err(PathError::Length);
            }
            steps.push(step);
            rest = after;
        }
        Ok(Self(steps))
    }
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        return (!name.is_empty()).then(|| (Step::Field(name.to_owned()), after));
    }
    let (digits, after) = text.strip_prefix('[')?.split_once(']')?;
    // One way to write a number.
    let canonical = digits == "0" || !digits.starts_with('0');
    let plain = canonical && digits.bytes().all(|b| b.is_ascii_digit());
    let index = plain.then(|| digits.parse().ok())??;
    Some((Step::Index(index), after))
}
