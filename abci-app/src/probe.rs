//! Where a block's time goes. The application has no clock: it says which phase
//! begins, and whoever listens measures.

/// A part of the work on a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Transactions are decoded and their signatures judged, in parallel.
    Signatures,
    /// Pass 1: sequences and fees, in order.
    Admission,
    /// Pass 2: vouchers are judged in parallel, then messages run in order.
    Messages,
    /// What modules do at the end of a block.
    EndBlock,
    /// Hashes of the new state.
    Hashing,
    /// The state is written.
    Writing,
    /// The mempool's view moves to the new state.
    Mempool,
    /// Nothing: the last phase is over.
    Done,
}

/// Hears about phases. It must be quick and cannot change what a block results in.
pub trait Probe: Send + Sync {
    /// The phase before ends, this one begins.
    fn enter(&self, phase: Phase);
}

/// Hears nothing.
pub struct NoProbe;

impl Probe for NoProbe {
    fn enter(&self, _: Phase) {}
}
