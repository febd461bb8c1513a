//! Lends a borrowed chain to a store, whose data must be `'static`.
//!
//! The only way to the chain is [`Lent::with`]. The borrow lasts while [`lend`] runs; afterwards the
//! loan is void, and so is every clone that a store or a leak may have kept.

use std::cell::Cell;
use std::ptr::NonNull;
use std::rc::Rc;

use crate::{Chain, Fault};

/// Where the chain is while it is lent and nobody uses it.
type Place = Cell<Option<NonNull<dyn Chain + 'static>>>;

/// A loan of the chain.
pub(crate) struct Lent(Rc<Place>);

/// Voids the loan, however its scope is left.
struct Scope(Rc<Place>);

impl Drop for Scope {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

/// Runs `body` with a loan of `chain`.
pub(crate) fn lend<R>(chain: &mut dyn Chain, body: impl FnOnce(Lent) -> R) -> R {
    let chain: NonNull<dyn Chain + '_> = NonNull::from(chain);
    #[allow(
        unsafe_code,
        reason = "a store's data must be 'static, a chain is borrowed for one call"
    )]
    // SAFETY: only the lifetime in the type changes, and the layout of a pointer does not depend on it.
    // The pointer is followed in `Lent::with` alone, which finds it only while `scope` lives, and `scope`
    // lives inside of the borrow of `chain`.
    let chain =
        unsafe { std::mem::transmute::<NonNull<dyn Chain + '_>, NonNull<dyn Chain + 'static>>(chain) };
    let scope = Scope(Rc::new(Cell::new(Some(chain))));
    body(Lent(Rc::clone(&scope.0)))
}

impl Lent {
    /// Uses the chain.
    ///
    /// # Errors
    /// When the loan is void, or the chain is in use further out: a defect of this crate.
    pub(crate) fn with<R, E: From<Fault>>(
        &self,
        body: impl FnOnce(&mut dyn Chain) -> Result<R, E>,
    ) -> Result<R, E> {
        let Some(mut chain) = self.0.take() else {
            return Err(Fault::engine("a contract's chain is used outside of its call").into());
        };
        #[allow(unsafe_code, reason = "see `lend`")]
        // SAFETY: the pointer was made of a `&mut` that is still borrowed by `lend`, which is further up
        // this thread's stack (`Rc` keeps the loan on the thread): else `Scope` had emptied the place. It
        // was taken out of the place, so that no other `&mut` can be made of it until it is put back.
        let result = body(unsafe { chain.as_mut() });
        self.0.set(Some(chain));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Bound;

    struct Counter(u32);

    impl Chain for Counter {
        fn get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
            self.0 += 1;
            Ok(None)
        }
        fn set(&mut self, _: &[u8], _: &[u8]) -> Result<(), Fault> {
            Ok(())
        }
        fn remove(&mut self, _: &[u8]) -> Result<(), Fault> {
            Ok(())
        }
        fn scan(
            &mut self,
            _: Bound<&[u8]>,
            _: Bound<&[u8]>,
            _: crate::Order,
            _: crate::Page,
        ) -> Result<Vec<crate::Record>, Fault> {
            Ok(Vec::new())
        }
        fn validate_address(&mut self, _: &str) -> Result<Result<(), String>, Fault> {
            Ok(Ok(()))
        }
        fn canonicalize_address(&mut self, _: &str) -> Result<Result<Vec<u8>, String>, Fault> {
            Ok(Ok(Vec::new()))
        }
        fn humanize_address(&mut self, _: &[u8]) -> Result<Result<String, String>, Fault> {
            Ok(Ok(String::new()))
        }
        fn query(&mut self, _: &[u8], _: u64) -> Result<crate::Answer, Fault> {
            Err(Fault::Busy)
        }
    }

    #[test]
    fn a_loan_reaches_the_chain_and_is_void_after_its_scope() {
        let mut chain = Counter(0);
        let kept = lend(&mut chain, |lent| {
            lent.with(|chain| chain.get(b"")).unwrap();
            lent.with(|chain| chain.get(b"")).unwrap();
            lent
        });
        assert!(kept.with(|chain| chain.get(b"")).is_err());
        assert_eq!(chain.0, 2);
    }

    #[test]
    fn a_chain_in_use_is_not_lent_a_second_time() {
        let mut chain = Counter(0);
        lend(&mut chain, |lent| {
            let inner = lent
                .with(|_| Ok::<_, Fault>(lent.with(|chain| chain.get(b"")).is_err()))
                .unwrap();
            assert!(inner);
        });
    }
}
