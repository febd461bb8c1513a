//! The command line. A command is one module: `Args` (what it takes, with
//! examples) and `run`. It prints results to standard output and reports
//! failure as an error whose text says what to do next; `main` prints it with
//! its causes and exits with 1.

/// Prints a result to standard output; `?` when its reader has gone.
macro_rules! put {
    ($($text:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout(), format_args!($($text)*))?
    };
}

/// A line of it.
macro_rules! say {
    ($($text:tt)*) => {
        put!("{}\n", format_args!($($text)*))
    };
}

mod audit;
mod config;
mod consumer;
mod daemon;
mod edge;
mod genesis;
mod init;
mod keys;
mod maintenance;
mod options;
mod provider;
mod query;
mod render;
mod start;
mod status;
mod tx;
mod validator;
mod values;
mod version;
mod vrf;
mod wasm;

use std::{error::Error, io, path::PathBuf, pin::Pin, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// How a command ends.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

const EXAMPLES: &str = "\
Examples:
  slsbftd init --moniker alice                              make a home in ~/.slsbft
  slsbftd start                                             run the node
  slsbftd status                                            height, peers, whether it has caught up
  slsbftd help start                                        all about one command";

/// The node of SLSBFT: application, consensus, services.
#[derive(Debug, Parser)]
#[command(name = "slsbftd", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Directory of configuration, keys and data [default: ~/.slsbft]
    #[arg(long, global = true, env = "SLSBFTD_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
}

impl Global {
    /// What names this home again on another command line; empty for the usual one.
    pub fn home_flag(&self) -> String {
        match &self.home {
            Some(_) => format!(" --home {}", self.home().display()),
            None => String::new(),
        }
    }

    /// The home directory, absolute if it can be made so.
    pub fn home(&self) -> PathBuf {
        let home = self.home.clone().unwrap_or_else(|| {
            let user = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
            user.join(".slsbft")
        });
        std::path::absolute(&home).unwrap_or(home)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a home: settings, keys, genesis
    Init(init::Args),
    /// Make, fill and check the document a chain starts from
    Genesis(genesis::Args),
    /// Run the node: application, CometBFT, services
    Start(start::Args),
    /// Ask a running node how it is
    Status(status::Args),
    /// Make, recover and move keys
    Keys(keys::Args),
    /// Show, add and forget the keys that move the beacon
    Vrf(vrf::Args),
    /// Make, sign and send transactions
    Tx(tx::Args),
    /// Read the chain's state, transactions and blocks
    #[command(visible_alias = "q")]
    Query(query::Args),
    /// Sell a service by the meter: a gateway before it, and the claims
    Provider(provider::Args),
    /// Buy from a gateway: a local proxy that pays for what it gets
    Consumer(consumer::Args),
    /// Measure how well providers serve, for a validator
    Audit(audit::Args),
    /// Answer what contracts ask of the world outside, as a provider
    Edge(edge::Args),
    /// Make, check, try and deploy contracts
    Wasm(wasm::Args),
    /// Read and change settings
    Config(config::Args),
    /// Check that all balances add up to the supply
    Check(maintenance::Check),
    /// Copy state and blocks of a stopped node
    Backup(maintenance::Backup),
    /// Put a backup into a home
    Restore(maintenance::Restore),
    /// Take the latest block back, to run it again
    Rollback(maintenance::Rollback),
    /// Write a genesis that goes on from the latest state, or a kept one
    Export(maintenance::Export),
    /// Print versions of the node and of what it is made of
    Version(version::Args),
}

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let outcome = match command {
        Command::Init(args) => init::run(args, &global),
        Command::Genesis(args) => genesis::run(args, &global),
        Command::Start(args) => start::run(args, &global),
        Command::Status(args) => status::run(args, &global),
        Command::Keys(args) => keys::run(args, &global),
        Command::Vrf(args) => vrf::run(args, &global),
        Command::Tx(args) => tx::run(args, &global),
        Command::Query(args) => query::run(args, &global),
        Command::Provider(args) => provider::run(&args, &global),
        Command::Consumer(args) => consumer::run(&args, &global),
        Command::Audit(args) => audit::run(&args, &global),
        Command::Edge(args) => edge::run(&args, &global),
        Command::Wasm(args) => wasm::run(args, &global),
        Command::Config(args) => config::run(args, &global),
        Command::Check(args) => maintenance::check(&args, &global),
        Command::Backup(args) => maintenance::backup(&args, &global),
        Command::Restore(args) => maintenance::restore(&args, &global),
        Command::Rollback(args) => maintenance::rollback(args, &global),
        Command::Export(args) => maintenance::export(&args, &global),
        Command::Version(args) => version::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever read the result has seen enough, as in `slsbftd … | head`.
            let enough = error.downcast_ref::<io::Error>();
            if enough.is_none_or(|error| error.kind() != io::ErrorKind::BrokenPipe) {
                eprintln!("Error: {}", with_causes(&*error));
            }
            ExitCode::FAILURE
        }
    }
}

/// An error and what caused it, on one line each.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        let line = format!("  caused by: {inner}");
        // Libraries wrap an error in one that says the same.
        if lines.last() != Some(&line) {
            lines.push(line);
        }
        cause = inner.source();
    }
    lines.join("\n")
}

/// Runs the future of a command that talks to a network, on one thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Behind a pointer, so that it is compiled once and not into each of the
    // runtime's ways to poll it.
    let future: Pin<Box<dyn Future<Output = T> + '_>> = Box::pin(future);
    Ok(runtime.block_on(future))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Every command with its names from the first on, the nested ones too.
    fn walk(command: &clap::Command, path: &str, visit: &mut impl FnMut(&str, &clap::Command)) {
        let path = format!("{path} {}", command.get_name());
        visit(path.trim(), command);
        for inner in command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help")
        {
            walk(inner, &path, visit);
        }
    }

    #[test]
    fn every_command_is_consistent() {
        // Its assertions are on for clap alone: see the profile in Cargo.toml.
        Cli::command().debug_assert();
    }

    /// The command lines of a text, without what explains them.
    fn examples(text: &str) -> Vec<Vec<String>> {
        let joined = text.replace("\\\n", "\u{0}");
        let lines = joined.lines().map(str::trim);
        let command = |line: &str| {
            let mut line = line.to_owned();
            for end in [" # ", " > ", " | ", "   "] {
                line = line.split(end).next().unwrap_or_default().to_owned();
            }
            line
        };
        lines
            .filter(|line| line.starts_with("slsbftd "))
            .map(|line| {
                line.split('\0')
                    .map(|part| command(part.trim()))
                    .collect::<Vec<_>>()
            })
            .map(|parts| parts.join(" ").split_whitespace().map(str::to_owned).collect())
            .collect()
    }

    /// How many examples a text has; each must be a command that there is.
    fn check_examples(place: &str, text: &str) -> usize {
        use clap::error::ErrorKind;
        let examples = examples(text);
        for example in &examples {
            let Err(error) = Cli::command().try_get_matches_from(example) else {
                continue;
            };
            // A placeholder such as ankr1… is no value that can be read.
            let kinds = [ErrorKind::ValueValidation, ErrorKind::DisplayHelp];
            assert!(
                kinds.contains(&error.kind()),
                "{place}: {}: {error}",
                example.join(" ")
            );
        }
        examples.len()
    }

    #[test]
    fn every_example_is_a_command_that_there_is() {
        let mut cli = Cli::command();
        cli.build();
        let mut found = 0;
        walk(&cli, "", &mut |path, command| {
            let help = command.get_after_help().map(ToString::to_string);
            found += check_examples(path, &help.unwrap_or_default());
        });
        assert!(found > 100, "only {found} examples were found");
        let guides = [
            ("operators.md", include_str!("../../../docs/operators.md")),
            ("staking.md", include_str!("../../../docs/staking.md")),
        ];
        for (name, text) in guides {
            let found = check_examples(name, text);
            assert!(found > 10, "only {found} examples were found in {name}");
        }
    }

    #[test]
    fn every_command_says_what_it_does_with_an_example_and_so_does_each_argument() {
        let mut cli = Cli::command();
        cli.build();
        let mut commands = 0;
        walk(&cli, "", &mut |path, command| {
            commands += 1;
            let mut command = command.clone();
            let help = command.render_long_help().to_string();
            assert!(
                command.get_about().is_some(),
                "`{path}` does not say what it does"
            );
            let leaf = command.get_subcommands().next().is_none();
            assert!(
                !leaf || help.contains("Example"),
                "`{path}` has no example:\n{help}"
            );
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "`{path}`: {name} is not explained");
            }
        });
        assert!(commands > 100, "only {commands} commands were found");
    }
}
