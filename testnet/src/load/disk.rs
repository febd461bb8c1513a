//! What a node's home takes on disk.

use std::{collections::BTreeMap, fs, os::unix::fs::MetadataExt, path::Path};

/// What `stat` counts blocks in.
const BLOCK: u64 = 512;

/// Bytes of each part of a home's `data`, as the file system counts them. Files
/// that go while we look take nothing.
pub fn usage(home: &Path) -> BTreeMap<String, u64> {
    let parts = fs::read_dir(home.join("data")).into_iter().flatten().flatten();
    parts
        .map(|part| (part.file_name().to_string_lossy().into_owned(), of(&part.path())))
        .filter(|(_, bytes)| *bytes > 0)
        .collect()
}

fn of(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return 0;
    };
    if !metadata.is_dir() {
        return metadata.blocks() * BLOCK;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| of(&entry.path())).sum()
}

/// Growth of each part, and of all together; what shrank counts negative.
pub fn growth(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<(String, i64)> {
    let at = |of: &BTreeMap<String, u64>, part: &str| of.get(part).copied().unwrap_or(0).cast_signed();
    let parts = before
        .keys()
        .chain(after.keys().filter(|part| !before.contains_key(*part)));
    let mut grown: Vec<_> = parts
        .map(|part| (part.clone(), at(after, part) - at(before, part)))
        .filter(|(_, bytes)| *bytes != 0)
        .collect();
    grown.push(("all".into(), grown.iter().map(|(_, bytes)| bytes).sum()));
    grown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_each_part_and_of_all() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        fs::create_dir_all(data.join("blocks.db")).unwrap();
        fs::write(data.join("blocks.db/1"), vec![1; 10_000]).unwrap();
        let before = usage(home.path());
        fs::write(data.join("blocks.db/2"), vec![1; 100_000]).unwrap();
        fs::write(data.join("wal"), vec![1; 50_000]).unwrap();
        let grown = growth(&before, &usage(home.path()));
        let of = |part: &str| grown.iter().find(|(name, _)| name == part).unwrap().1;
        assert!((100_000..130_000).contains(&of("blocks.db")), "{grown:?}");
        assert!((50_000..60_000).contains(&of("wal")), "{grown:?}");
        assert_eq!(of("all"), of("blocks.db") + of("wal"));
    }
}
