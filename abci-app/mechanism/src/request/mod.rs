//! Requests to the world outside: who answers, what an answer is, and what is made of the answers.
//!
//! A request names a URL and a [`Path`] into the JSON found there, and perhaps to how many decimal
//! places a number is rounded. A beacon that nobody knew when it was posted draws k edge nodes, all
//! with the same chance. Each commits to its answer, then reveals it. ⌈2k/3⌉ equal answers are *the*
//! answer; fewer are none.
//!
//! What colluding nodes can do. With a quorum among the k drawn they own the answer. With more than
//! k − ⌈2k/3⌉ they can leave a request without one, by silence or by other answers. With fewer they
//! can do neither. Nobody can tell who lied where there is no quorum, so only silence is held against
//! a node then.
//!
//! - `answer`: what is committed to and revealed
//! - `draw`: who is asked
//! - `judge`: what the answers are worth
//! - `path`: where in a document an answer is
//! - `round`: numbers to some decimal places

mod answer;
mod draw;
mod judge;
mod path;
mod round;

pub use answer::Answer;
pub use draw::draw;
pub use judge::{Failure, Judgement, Standing, judge, quorum, share};
pub use path::{MAX_PATH, Path, PathError, Step};
pub use round::{MAX_DECIMALS, round};
