//! `GET /.well-known/slsbft/compute?epoch=E&segments=I,J,…`: for each segment its digest and the path
//! from there to the root, as raw bytes; see `docs/auditing.md`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;
use slsbft_mechanism::compute::{SAMPLES, Tree};

use crate::{
    auditor::probe::compute::PATH,
    metering::server::{Body, empty},
};

/// What was computed last.
#[derive(Debug, Default)]
pub struct Proofs(Mutex<Option<(u64, Arc<Tree>)>>);

impl Proofs {
    /// Shows what was computed in an epoch, and no longer what was before.
    pub fn show(&self, epoch: u64, tree: Tree) {
        *self.0.lock() = Some((epoch, Arc::new(tree)));
    }

    /// The answer to a request for proofs; `None` if it is another request.
    pub fn answer<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        if request.uri().path() != PATH || request.method() != Method::GET {
            return None;
        }
        let found = asked(request.uri().query()).and_then(|(epoch, segments)| self.prove(epoch, &segments));
        let Some(bytes) = found else {
            let mut missing = Response::new(empty());
            *missing.status_mut() = StatusCode::NOT_FOUND;
            return Some(missing);
        };
        let mut response = Response::new(Full::from(bytes).map_err(|never| match never {}).boxed_unsync());
        let headers = response.headers_mut();
        let binary = HeaderValue::from_static("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, binary);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Some(response)
    }

    fn prove(&self, epoch: u64, segments: &[u32]) -> Option<Bytes> {
        let shown = self.0.lock().clone();
        let (_, tree) = shown.filter(|(of, _)| *of == epoch)?;
        let mut bytes = Vec::new();
        for segment in segments {
            bytes.extend(tree.digest(*segment)?);
            bytes.extend(tree.path(*segment).as_flattened());
        }
        Some(bytes.into())
    }
}

/// The epoch and the segments that are asked for; `None` if it is no such question, or of more segments
/// than an auditor has to see.
fn asked(query: Option<&str>) -> Option<(u64, Vec<u32>)> {
    let value = |name: &str| {
        let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(found, value)| (found == name).then_some(value))
    };
    let epoch = value("epoch")?.parse().ok()?;
    let segments: Vec<&str> = value("segments")?.splitn(SAMPLES as usize + 1, ',').collect();
    if segments.len() > SAMPLES as usize {
        return None;
    }
    let segments: Result<_, _> = segments.into_iter().map(str::parse).collect();
    Some((epoch, segments.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_an_epoch_and_as_many_segments_as_are_sampled() {
        assert_eq!(asked(Some("epoch=3&segments=0,7")), Some((3, vec![0, 7])));
        assert_eq!(asked(Some("segments=1&x=2&epoch=9")), Some((9, vec![1])));
        for wrong in [
            "epoch=3",
            "segments=1",
            "epoch=3&segments=",
            "epoch=-1&segments=1",
            "epoch=3&segments=1,,2",
            "epoch=3&segments=4294967296",
            "epoch=3&segments=1,2,3,4,5,6,7,8,9",
        ] {
            assert_eq!(asked(Some(wrong)), None, "{wrong}");
        }
        assert_eq!(asked(None), None);
    }

    #[test]
    fn what_was_not_computed_is_not_there() {
        let proofs = Proofs::default();
        assert_eq!(proofs.prove(3, &[0]), None);
        proofs.show(3, Tree::new(vec![[1; 32], [2; 32]]));
        assert_eq!(proofs.prove(3, &[0, 1]).map(|bytes| bytes.len()), Some(128));
        assert_eq!(proofs.prove(3, &[2]), None);
        assert_eq!(proofs.prove(2, &[0]), None);
    }
}
