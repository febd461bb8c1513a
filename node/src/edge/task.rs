//! Tasks: what a code's entry point `compute` comes to, run here as it would be anywhere.

use std::sync::Arc;

use slsbft_app::{
    machine::POINTS_PER_GAS,
    modules::{contracts::compiling, requests::MAX_ANSWER},
};
use slsbft_client::{Client, ClientError};
use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::Task;
use slsbft_wasm::{Code, CodeHash, CompileError, Config, Fault, Lane, Outcome, Vm, bus};
use tokio::{
    sync::{AcquireError, Semaphore},
    task::JoinError,
};

/// Compiled code that is kept, in bytes.
const CACHE: usize = 64 << 20;

/// The most that compiling a task's code may take, in milliseconds of the estimate: what may be used in the
/// block after its upload. Part of what nodes have to agree on.
const LONGEST_COMPILATION: u64 = compiling::AT_ONCE;

/// Why a task has no outcome here: this machine's own trouble.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("cannot fetch code {0}: {1}")]
    Fetch(u64, ClientError),
    #[error("the node's code {0} is not what its hash says; is the node well?")]
    Hash(u64),
    #[error("cannot compile code {0}: {1}; is this daemon of the chain's version?")]
    Compile(u64, CompileError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("a task ended early: {0}")]
    Joined(#[from] JoinError),
    #[error(transparent)]
    Stopped(#[from] AcquireError),
}

/// Runs tasks, as many at a time as the machine has processors. A task has no access to the chain, so its
/// outcome depends on its code and input alone; its gas bounds it, and nothing else ends it.
#[derive(Clone)]
pub struct Runner {
    vm: Arc<Vm>,
    free: Arc<Semaphore>,
    client: Client,
}

impl Runner {
    pub fn new(client: Client) -> Result<Self, Fault> {
        let processors = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(64);
        let vm = Vm::new(Config {
            cache_bytes: CACHE,
            block_places: processors as u32,
            query_places: 0,
            ..Config::default()
        })?;
        Ok(Self {
            vm: Arc::new(vm),
            free: Arc::new(Semaphore::new(processors)),
            client,
        })
    }

    /// What a task comes to.
    pub async fn run(&self, task: Task) -> Result<Answer, TaskError> {
        let id = task.code_id;
        let told = self.client.code_info(id).await;
        let told = told.map_err(|error| TaskError::Fetch(id, error))?.data_hash;
        let hash = CodeHash(told.try_into().map_err(|_| TaskError::Hash(id))?);
        let code = match self.vm.cached(hash) {
            Some(code) => code,
            None => match self.compile(id, hash).await? {
                Ok(code) => code,
                Err(words) => return Ok(Answer::Failed(words)),
            },
        };
        let run = move |vm: &Vm| Ok(run(vm, &code, &task.input, task.gas)?.0);
        self.work(run).await?
    }

    /// Fetches code and compiles it; of code that takes too long, what its tasks fail with.
    async fn compile(&self, id: u64, hash: CodeHash) -> Result<Result<Arc<Code>, String>, TaskError> {
        let found = self.client.code(id).await;
        let bytes = found.map_err(|error| TaskError::Fetch(id, error))?.data;
        if CodeHash::of(&bytes) != hash {
            return Err(TaskError::Hash(id));
        }
        let compile = move |vm: &Vm| {
            let refused = |error| TaskError::Compile(id, error);
            let effort = vm.check(&bytes).map_err(|error| refused(error.into()))?.effort();
            if effort > LONGEST_COMPILATION {
                let words = format!("its code takes too long to compile: {effort} ms by estimate");
                return Ok(Err(words));
            }
            vm.compile(&bytes).map(Ok).map_err(refused)
        };
        self.work(compile).await?
    }

    /// Works on a thread, when a processor is free.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vm) -> T + Send + 'static,
    ) -> Result<T, TaskError> {
        let place = self.free.clone().acquire_owned().await?;
        let vm = self.vm.clone();
        let work = move || {
            let _place = place;
            work(&vm)
        };
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

/// What a code computes of an input for at most so much gas, and the gas that it used.
pub fn run(vm: &Vm, code: &Code, input: &[u8], gas: u64) -> Result<(Answer, u64), Fault> {
    let task = bus::Task {
        vm,
        code,
        points: gas.saturating_mul(POINTS_PER_GAS),
        lane: Lane::Block,
    };
    let outcome = task.run(input)?;
    let used = outcome.used.div_ceil(POINTS_PER_GAS);
    Ok((answer(outcome), used))
}

/// Output is text; a failure has the reason alone, since it is what a contract is told.
fn answer(outcome: Outcome<Vec<u8>>) -> Answer {
    match outcome.result.map(String::from_utf8) {
        Ok(Ok(text)) if text.len() <= MAX_ANSWER => Answer::Found(text),
        Ok(Ok(_)) => Answer::Failed(format!("the output has more than {MAX_ANSWER} bytes")),
        Ok(Err(_)) => Answer::Failed("the output is not valid UTF-8".into()),
        Err(failure) => Answer::Failed(cut(failure.reason.to_string())),
    }
}

/// As much of a text as an answer holds.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_ANSWER));
    text
}
