//! What is in the cache, and whether there is one, changes nothing but time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use slsbft_wasm::{CacheStats, CodeHash, Config, Fault, Optimise, Vm};

use crate::published;

fn vm(folder: &Path) -> Arc<Vm> {
    let config = Config {
        cache_folder: Some(folder.to_owned()),
        ..Config::default()
    };
    Arc::new(Vm::new(config).unwrap())
}

/// The one file of a cache with one code.
fn file(folder: &Path) -> PathBuf {
    let engine = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let files: Vec<_> = fs::read_dir(engine)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [file] = files.as_slice() else {
        panic!("{files:?}")
    };
    file.clone()
}

fn no_bytes() -> Result<Vec<u8>, Fault> {
    Err(Fault::chain("not needed"))
}

#[test]
fn compiled_code_is_found_in_memory_and_after_a_restart_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = published::one("empty");
    let hash = CodeHash::of(&wasm);
    let first = vm(folder.path());
    first.compile(&wasm).unwrap();
    first.compile(&wasm).unwrap();
    first.load(hash, no_bytes).unwrap();
    assert_eq!(
        first.cache_stats(),
        CacheStats {
            compiled: 1,
            found: 2,
            ..Default::default()
        }
    );
    let second = vm(folder.path());
    second.load(hash, no_bytes).unwrap();
    assert_eq!(
        second.cache_stats(),
        CacheStats {
            loaded: 1,
            ..Default::default()
        }
    );
    let mode = fs::metadata(file(folder.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn damaged_files_are_never_run_but_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = published::one("empty");
    let hash = CodeHash::of(&wasm);
    vm(folder.path()).compile(&wasm).unwrap();
    let path = file(folder.path());
    let good = fs::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let damages = [
        Vec::new(),
        good[..31].to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], b"x"].concat(),
        flipped(0),
        flipped(9),
        flipped(good.len() / 2),
        flipped(good.len() - 1),
        vec![0; good.len()],
    ];
    for damage in damages {
        fs::write(&path, damage).unwrap();
        let vm = vm(folder.path());
        vm.load(hash, || Ok(wasm.clone())).unwrap();
        assert_eq!(
            vm.cache_stats(),
            CacheStats {
                damaged: 1,
                compiled: 1,
                ..Default::default()
            }
        );
        assert_eq!(fs::read(&path).unwrap(), good);
    }
}

#[test]
fn files_of_other_codes_or_that_others_may_write_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (wasm, other) = (published::one("empty"), published::one("burner"));
    vm(folder.path()).compile(&wasm).unwrap();
    let path = file(folder.path());
    // Another code's good file under this code's name.
    fs::rename(&path, path.with_file_name(CodeHash::of(&other).to_string())).unwrap();
    let second = vm(folder.path());
    second.load(CodeHash::of(&other), || Ok(other.clone())).unwrap();
    assert_eq!(
        second.cache_stats(),
        CacheStats {
            damaged: 1,
            compiled: 1,
            ..Default::default()
        }
    );
    let path = path.with_file_name(CodeHash::of(&other).to_string());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
    let third = vm(folder.path());
    third.load(CodeHash::of(&other), || Ok(other.clone())).unwrap();
    assert_eq!(third.cache_stats().damaged, 1);
}

#[test]
fn engines_of_other_settings_do_not_share_files() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = published::one("empty");
    vm(folder.path()).compile(&wasm).unwrap();
    let config = Config {
        cache_folder: Some(folder.path().to_owned()),
        optimise: Optimise::None,
        ..Config::default()
    };
    let other = Vm::new(config).unwrap();
    other.compile(&wasm).unwrap();
    assert_eq!(
        other.cache_stats(),
        CacheStats {
            compiled: 1,
            ..Default::default()
        }
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_folder_that_cannot_be_made_is_a_fault_at_once() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = Config {
        cache_folder: Some(file.path().to_owned()),
        ..Config::default()
    };
    assert!(matches!(Vm::new(config), Err(Fault::Cache { .. })));
}

#[test]
fn a_disk_that_is_full_costs_time_only() {
    let folder = tempfile::tempdir().unwrap();
    let vm = vm(folder.path());
    fs::remove_dir_all(
        fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path(),
    )
    .unwrap();
    vm.compile(&published::one("empty")).unwrap();
    assert_eq!(
        vm.cache_stats(),
        CacheStats {
            compiled: 1,
            unwritten: 1,
            ..Default::default()
        }
    );
}

#[test]
fn the_memory_is_bounded_and_pinned_code_stays() {
    let vm = Vm::new(Config {
        cache_bytes: 1,
        ..Config::default()
    })
    .unwrap();
    let (wasm, other) = (published::one("empty"), published::one("burner"));
    vm.compile(&wasm).unwrap();
    assert!(!vm.pin(CodeHash::of(&wasm)), "it was dropped at once");
    let size = vm.compile(&wasm).unwrap().size();
    let vm = Vm::new(Config {
        cache_bytes: size,
        ..Config::default()
    })
    .unwrap();
    vm.compile(&wasm).unwrap();
    assert!(vm.pin(CodeHash::of(&wasm)));
    vm.compile(&other).unwrap();
    assert!(
        !vm.unpin(CodeHash::of(&other)),
        "there is no room beside what is pinned"
    );
    assert!(vm.unpin(CodeHash::of(&wasm)));
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let names = ["empty", "burner", "queue"];
    let codes = names.map(published::one);
    let sizes = {
        let vm = Vm::new(Config::default()).unwrap();
        codes.clone().map(|code| vm.compile(&code).unwrap().size())
    };
    let vm = Vm::new(Config {
        cache_bytes: sizes.iter().sum::<usize>() - 1,
        ..Config::default()
    })
    .unwrap();
    vm.compile(&codes[0]).unwrap();
    vm.compile(&codes[1]).unwrap();
    vm.compile(&codes[0]).unwrap();
    vm.compile(&codes[2]).unwrap();
    let kept = codes.map(|code| vm.pin(CodeHash::of(&code)));
    assert_eq!(kept, [true, false, true]);
}

#[test]
fn threads_that_need_the_same_code_wait_for_one_compilation() {
    let folder = tempfile::tempdir().unwrap();
    let vm = vm(folder.path());
    let wasm = published::one("burner");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| vm.compile(&wasm).unwrap());
        }
    });
    let stats = vm.cache_stats();
    assert_eq!((stats.compiled, stats.found), (1, 3));
}

#[test]
fn bytes_of_another_code_are_not_compiled_for_it() {
    let vm = Vm::new(Config::default()).unwrap();
    let fault = vm
        .load(CodeHash([7; 32]), || Ok(published::one("empty")))
        .unwrap_err();
    assert!(matches!(fault, Fault::Engine(_)));
}
