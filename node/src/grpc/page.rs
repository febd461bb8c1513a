//! Cosmos pagination over a list that is at hand, by offset.

use cosmos_sdk_proto::cosmos::base::query::v1beta1::PageRequest;
use tonic::Status;

/// Most entries on a page.
const MAX_LIMIT: u64 = 1_000;

/// A range of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) limit: usize,
    reverse: bool,
}

impl Page {
    /// The page of a list of `total` entries that `request` asks for.
    pub(super) fn of(request: Option<PageRequest>, default: u64, total: usize) -> Result<Self, Status> {
        let PageRequest {
            key,
            offset,
            limit,
            reverse,
            ..
        } = request.unwrap_or_default();
        if !key.is_empty() {
            return Err(Status::invalid_argument(
                "pagination.key is not supported here; use pagination.offset",
            ));
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if offset > total {
            return Err(Status::invalid_argument(format!(
                "pagination.offset {offset} is beyond the {total} entries"
            )));
        }
        let limit = if limit == 0 { default } else { limit }.min(MAX_LIMIT) as usize;
        Ok(Self {
            offset,
            limit,
            reverse,
        })
    }

    pub(super) fn select<T>(self, all: &[T]) -> impl Iterator<Item = &T> {
        let last = all.len().saturating_sub(1);
        let place = move |at: usize| {
            if self.reverse {
                last.checked_sub(at)
            } else {
                Some(at)
            }
        };
        (self.offset..self.offset.saturating_add(self.limit).min(all.len()))
            .filter_map(move |at| all.get(place(at)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(offset: u64, limit: u64, reverse: bool) -> Vec<u32> {
        let request = PageRequest {
            offset,
            limit,
            reverse,
            ..Default::default()
        };
        let all = [0, 1, 2, 3, 4];
        Page::of(Some(request), 2, all.len())
            .unwrap()
            .select(&all)
            .copied()
            .collect()
    }

    #[test]
    fn a_page_is_cut_at_both_ends_and_read_in_either_direction() {
        assert_eq!(select(0, 0, false), [0, 1]);
        assert_eq!(select(3, 10, false), [3, 4]);
        assert_eq!(select(5, 10, false), Vec::<u32>::new());
        assert_eq!(select(1, 2, true), [3, 2]);
    }

    #[test]
    fn an_offset_beyond_the_list_or_a_key_is_refused() {
        let beyond = PageRequest {
            offset: 6,
            ..Default::default()
        };
        assert!(Page::of(Some(beyond), 2, 5).is_err());
        let key = PageRequest {
            key: vec![1],
            ..Default::default()
        };
        assert!(Page::of(Some(key), 2, 5).is_err());
    }
}
