//! Cosmos pagination over a prefix of the state: by key or by offset, either
//! direction, bounded whatever is asked for.

use cosmos_sdk_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use slsbft_store::{Order, Read, Space, prefix_end};

use super::QueryError;

const DEFAULT_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 1_000;
/// Entries a query may step over (offset, filtered out or counted) in all.
const MAX_SCAN: u64 = 100_000;

/// One page of the entries under `prefix`. `item` sees the key without the prefix.
pub fn paginate<T>(
    state: &impl Read,
    space: Space,
    prefix: &[u8],
    request: Option<PageRequest>,
    item: impl FnMut(&[u8], &[u8]) -> Result<T, QueryError>,
) -> Result<(Vec<T>, PageResponse), QueryError> {
    paginate_where(state, space, prefix, request, |_| true, item)
}

/// The same over the entries whose key, without the prefix, is `wanted`.
pub fn paginate_where<T>(
    state: &impl Read,
    space: Space,
    prefix: &[u8],
    request: Option<PageRequest>,
    wanted: impl Fn(&[u8]) -> bool,
    mut item: impl FnMut(&[u8], &[u8]) -> Result<T, QueryError>,
) -> Result<(Vec<T>, PageResponse), QueryError> {
    let request = request.unwrap_or_default();
    if request.offset > 0 && !request.key.is_empty() {
        return Err(QueryError::invalid(
            "pagination: give either offset or key, not both",
        ));
    }
    if request.offset > MAX_SCAN {
        return Err(QueryError::invalid(format!(
            "pagination: an offset is at most {MAX_SCAN}; go on with next_key as key"
        )));
    }
    // Whoever sets no limit gets the total unasked, as in Cosmos SDK.
    let (limit, count) = match request.limit {
        0 => (DEFAULT_LIMIT, true),
        limit => (limit.min(MAX_LIMIT), request.count_total),
    };
    let count = count && request.key.is_empty();
    let (start, end, order) = bounds(prefix, &request);

    let mut page = Page {
        items: Vec::new(),
        next_key: Vec::new(),
        total: 0,
    };
    let mut scanned = 0u64;
    for entry in state.range(space, &start, end.as_deref(), order) {
        let (key, value) = entry?;
        scanned += 1;
        if scanned > MAX_SCAN {
            if page.total < request.offset {
                return Err(QueryError::invalid(format!(
                    "pagination: the offset lies beyond the first {MAX_SCAN} entries; go on with next_key as key"
                )));
            }
            if page.next_key.is_empty() {
                page.next_key = suffix(&key, prefix);
            }
            // Not counted to the end, so there is no total to tell.
            page.total = 0;
            break;
        }
        let key = suffix(&key, prefix);
        if !wanted(&key) {
            continue;
        }
        let after_offset = page.total >= request.offset;
        if after_offset && (page.items.len() as u64) < limit {
            page.items.push(item(&key, &value)?);
        } else if after_offset && page.next_key.is_empty() {
            page.next_key = key;
            if !count {
                break;
            }
        }
        page.total += 1;
    }
    let total = if count { page.total } else { 0 };
    Ok((
        page.items,
        PageResponse {
            next_key: page.next_key,
            total,
        },
    ))
}

/// One page of a list that is in memory already; the key of a page is its place.
pub fn paginate_list<T>(
    items: Vec<T>,
    request: Option<PageRequest>,
) -> Result<(Vec<T>, PageResponse), QueryError> {
    let request = request.unwrap_or_default();
    let from = match request.key.as_slice() {
        [] => request.offset,
        key => {
            let key = <[u8; 8]>::try_from(key);
            u64::from_be_bytes(
                key.map_err(|_| QueryError::invalid("pagination: not a next_key of this query"))?,
            )
        }
    };
    let limit = match request.limit {
        0 => DEFAULT_LIMIT,
        limit => limit.min(MAX_LIMIT),
    };
    let total = items.len() as u64;
    let end = from.saturating_add(limit);
    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page = |items: &mut dyn Iterator<Item = T>| items.skip(place(from)).take(place(limit)).collect();
    let page = if request.reverse {
        page(&mut items.into_iter().rev())
    } else {
        page(&mut items.into_iter())
    };
    let next_key = if end < total {
        end.to_be_bytes().to_vec()
    } else {
        Vec::new()
    };
    Ok((page, PageResponse { next_key, total }))
}

struct Page<T> {
    items: Vec<T>,
    next_key: Vec<u8>,
    total: u64,
}

fn bounds(prefix: &[u8], request: &PageRequest) -> (Vec<u8>, Option<Vec<u8>>, Order) {
    let from = [prefix, request.key.as_slice()].concat();
    if !request.reverse {
        return (from, prefix_end(prefix), Order::Ascending);
    }
    let end = if request.key.is_empty() {
        prefix_end(prefix)
    } else {
        // The page starts with the key itself: end is exclusive.
        Some([from.as_slice(), &[0]].concat())
    };
    (prefix.to_vec(), end, Order::Descending)
}

fn suffix(key: &[u8], prefix: &[u8]) -> Vec<u8> {
    key.strip_prefix(prefix).unwrap_or(key).to_vec()
}
