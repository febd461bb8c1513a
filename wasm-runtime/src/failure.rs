//! Why a contract's call failed: the same on every node, and told to whoever sent the transaction.

use std::fmt;

/// The longest text, in bytes, that a failure takes from a contract.
pub const MAX_TEXT: usize = 4096;

/// What a call cost and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    /// Points used, of those that the call was given. All of them when it ran out.
    pub used: u64,
    /// What the contract returned, or why it failed. What it wrote must then be undone.
    pub result: Result<T, Failure>,
}

impl<T> Outcome<T> {
    /// A call of what the contract does not have.
    pub(crate) fn no_entry(entry: &'static str) -> Self {
        Self {
            used: 0,
            result: Err(Failure::at(entry, Reason::NoEntry)),
        }
    }
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The contract's entry point.
    pub entry: &'static str,
    /// The function of the contract's module that ran when it went wrong, by its index there, if one did.
    pub function: Option<u32>,
    /// What went wrong there.
    pub reason: Reason,
}

impl Failure {
    /// A failure while no function ran.
    pub fn at(entry: &'static str, reason: Reason) -> Self {
        Self {
            entry,
            function: None,
            reason,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.function {
            Some(function) => write!(f, "{}, function {function}: {}", self.entry, self.reason),
            None => write!(f, "{}: {}", self.entry, self.reason),
        }
    }
}

impl std::error::Error for Failure {}

/// What went wrong in a contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The budget of points is used up.
    #[error("out of gas")]
    OutOfGas,
    /// Calls inside the contract nest too deeply.
    #[error("the call stack is exhausted")]
    StackExhausted,
    /// An instruction cannot do what it was asked to.
    #[error("{0}")]
    Trap(Trap),
    /// The contract gave up with this text, such as a Rust panic.
    #[error("aborted: {0}")]
    Aborted(String),
    /// The contract returned this error.
    #[error("{0}")]
    Contract(String),
    /// The contract does not offer what was asked of it.
    #[error("the contract has no such entry point")]
    NoEntry,
    /// The contract gave the host a pointer that leads nowhere.
    #[error("the contract passed an invalid region: {0}")]
    Region(#[from] RegionError),
    /// Something is longer than the host takes.
    #[error("{what} of {length} bytes is too long; at most {limit}")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        length: u64,
        /// The longest that is taken.
        limit: u64,
    },
    /// The chain does not take an event.
    #[error("{0}")]
    Event(String),
    /// A query tried to write.
    #[error("a query must not write to the state")]
    ReadOnly,
    /// A task tried to reach the chain.
    #[error("a task runs off the chain and cannot ask the host for anything of it")]
    OffChain,
    /// The contract's `allocate` asked the host for something that needs memory.
    #[error("`allocate` must not call what allocates")]
    Reentered,
    /// There is no iterator of this number.
    #[error("there is no iterator {0}")]
    NoIterator(u32),
    /// One iterator more than a call may open.
    #[error("more than {0} iterators in one call")]
    TooManyIterators(u32),
    /// Iterators whose bounds take more bytes than a call may keep.
    #[error("the bounds of all iterators of one call take more than {0} bytes")]
    IteratorBounds(usize),
    /// An order that is neither ascending (1) nor descending (2).
    #[error("there is no order {0}; 1 is ascending, 2 is descending")]
    NoOrder(i32),
    /// A list in the form of sections whose lengths do not fit together.
    #[error("{0} is not a list of sections")]
    Sections(&'static str),
    /// A hash of a length that there is none of.
    #[error("there is no BLAKE2b hash of {0} bytes; it has 1 to 64")]
    NoHash(u32),
    /// Bytes that must be UTF-8 and are not.
    #[error("{0} is not valid UTF-8")]
    NotText(&'static str),
    /// What the contract returned cannot be read.
    #[error("cannot read what the contract returned: {0}")]
    Returned(String),
}

impl Reason {
    /// A number that stands for the kind of reason and never changes.
    pub fn code(&self) -> u32 {
        match self {
            Self::OutOfGas => 1,
            Self::StackExhausted => 2,
            Self::Trap(_) => 3,
            Self::Aborted(_) => 4,
            Self::Contract(_) => 5,
            Self::NoEntry => 6,
            Self::Region(_) => 7,
            Self::TooLong { .. } => 8,
            Self::ReadOnly => 9,
            Self::Reentered => 10,
            Self::NoIterator(_) => 11,
            Self::TooManyIterators(_) => 12,
            Self::IteratorBounds(_) => 13,
            Self::NoOrder(_) => 14,
            Self::Sections(_) => 15,
            Self::Returned(_) => 16,
            Self::NotText(_) => 17,
            Self::NoHash(_) => 18,
            Self::Event(_) => 19,
            Self::OffChain => 20,
        }
    }
}

/// An instruction that cannot do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trap {
    /// `unreachable`: what compilers put where a program must not come.
    #[error("the contract reached `unreachable`")]
    Unreachable,
    /// A load or store outside of the memory.
    #[error("the contract accessed memory out of bounds")]
    MemoryOutOfBounds,
    /// An element outside of a table.
    #[error("the contract accessed a table out of bounds")]
    TableOutOfBounds,
    /// An indirect call of nothing.
    #[error("the contract called an empty table element")]
    NullCall,
    /// An indirect call of a function of another type.
    #[error("the contract called a function by a wrong type")]
    WrongSignature,
    /// A quotient that does not fit.
    #[error("an integer overflowed")]
    IntegerOverflow,
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A float without an integer.
    #[error("a float has no integer value")]
    BadConversion,
}

/// What is wrong with a region: where in the contract's memory a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// The pointer to the region is zero.
    #[error("the pointer is zero")]
    NullPointer,
    /// The pointer leads outside of the memory.
    #[error("the pointer {0} leads outside of the memory")]
    Pointer(u32),
    /// The region lies at address zero.
    #[error("it lies at address 0")]
    ZeroOffset,
    /// More bytes used than there are.
    #[error("its length {length} exceeds its capacity {capacity}")]
    Length {
        /// Bytes used.
        length: u32,
        /// Bytes there.
        capacity: u32,
    },
    /// It goes beyond what an address can name.
    #[error("{capacity} bytes at {offset} exceed the address space")]
    AddressSpace {
        /// Where it begins.
        offset: u32,
        /// Bytes there.
        capacity: u32,
    },
    /// It is not inside the memory.
    #[error("{length} bytes at {offset} are not inside the memory")]
    Outside {
        /// Where it begins.
        offset: u32,
        /// Bytes used.
        length: u32,
    },
    /// There is no room for what the host has to put there.
    #[error("its capacity {capacity} is too small for {needed} bytes")]
    TooSmall {
        /// Bytes there.
        capacity: u32,
        /// Bytes needed.
        needed: u64,
    },
}

/// A contract's text, cut at [`MAX_TEXT`], with what is no UTF-8 replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    let head = bytes.get(..MAX_TEXT).unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(head).into_owned();
    if head.len() < bytes.len() {
        // The cut may have split a character.
        while text.ends_with(char::REPLACEMENT_CHARACTER) {
            text.pop();
        }
        text.push('…');
    }
    text
}
