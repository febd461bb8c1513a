//! What Linux says about a process: its CPU time, memory and children.

use std::{fs, time::Duration};

use nix::unistd::{SysconfVar, sysconf};

/// CPU time and memory of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// User and system time since it began.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub memory: u64,
}

/// `None` if there is no such process (any more).
pub fn usage(pid: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (ticks, pages) = parse(&stat)?;
    let per_second = system(SysconfVar::CLK_TCK)?;
    Some(Usage {
        cpu: Duration::from_millis(ticks.checked_mul(1_000)? / per_second),
        memory: pages.checked_mul(system(SysconfVar::PAGE_SIZE)?)?,
    })
}

/// Processes that `parent` started and that still run, with their names.
pub fn children(parent: u32) -> Vec<(u32, String)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (name, state, of) = family(&stat)?;
        (of == parent && state != "Z").then_some((pid, name))
    })
    .collect()
}

/// Whether a process runs; one that has ended but was not waited for does not.
pub fn alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| family(&stat).is_some_and(|(_, state, _)| state != "Z"))
}

/// Fields after the name, which is in parentheses and may hold anything.
fn fields(stat: &str) -> Option<(String, Vec<&str>)> {
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    Some((name, after.split_whitespace().collect()))
}

/// Ticks of user and system time, and resident pages.
fn parse(stat: &str) -> Option<(u64, u64)> {
    let (_, fields) = fields(stat)?;
    let at = |i: usize| fields.get(i)?.parse::<u64>().ok();
    Some((at(11)?.checked_add(at(12)?)?, at(21)?))
}

/// Name, state and parent.
fn family(stat: &str) -> Option<(String, &str, u32)> {
    let (name, fields) = fields(stat)?;
    Some((name, fields.first()?, fields.get(1)?.parse().ok()?))
}

fn system(name: SysconfVar) -> Option<u64> {
    u64::try_from(sysconf(name).ok()??)
        .ok()
        .filter(|value| *value > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_spaces_and_parentheses_is_no_trap() {
        let stat = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 9 0 100 1000000 25 1";
        assert_eq!(parse(stat), Some((200, 25)));
        assert_eq!(family(stat), Some(("a) b (c".into(), "S", 7)));
    }

    #[test]
    fn this_process_is_alive_and_has_used_memory() {
        let me = std::process::id();
        assert!(alive(me));
        assert!(usage(me).unwrap().memory > 100_000);
        assert!(!alive(u32::MAX));
    }
}
