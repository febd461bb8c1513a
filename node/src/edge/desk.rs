//! Requests that are being answered: all at once, as far as that goes, so that none waits for a server
//! that is slow or for a task that takes its time.

use std::{collections::HashMap, sync::Arc};

use slsbft_mechanism::request::{Answer, Path};
use slsbft_proto::requests::v1::Request;
use tokio::{
    task::{Id, JoinSet},
    time::{Duration, sleep},
};

use super::{
    find,
    task::{Runner, TaskError},
};
use crate::auditor::probe::{Failure, Prober};

/// Largest document that is read, and how long it may take.
const MAX_DOCUMENT: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a URL that gave nothing.
const AGAIN: Duration = Duration::from_secs(1);
/// URLs asked at a time, and tasks begun.
const AT_ONCE: usize = 16;

/// Looks for answers.
pub struct Desk {
    world: World,
    asked: JoinSet<(Request, Result<Answer, Trouble>)>,
    /// What is being answered, and whether it is a task.
    busy: HashMap<Id, (u64, bool)>,
}

impl Desk {
    pub fn new(prober: Prober, runner: Runner) -> Self {
        Self {
            world: World {
                prober: Arc::new(prober),
                runner,
            },
            asked: JoinSet::new(),
            busy: HashMap::new(),
        }
    }

    /// Begins to look for an answer, unless it does already or has enough to do.
    pub fn ask(&mut self, request: Request) {
        let (id, is_task) = (request.id, request.task.is_some());
        let same = self.busy.values().filter(|(_, task)| *task == is_task);
        if same.count() >= AT_ONCE || self.busy.values().any(|(other, _)| *other == id) {
            return;
        }
        let world = self.world.clone();
        let asked = self.asked.spawn(async move {
            let answer = world.answer(&request).await;
            (request, answer)
        });
        self.busy.insert(asked.id(), (id, is_task));
    }

    /// Answers that were found since the last time. What this machine could not answer is not among them,
    /// and can be asked again.
    pub fn answered(&mut self) -> Vec<(Request, Answer)> {
        let mut answers = Vec::new();
        while let Some(answered) = self.asked.try_join_next_with_id() {
            match answered {
                Ok((id, (request, found))) => {
                    self.busy.remove(&id);
                    match found {
                        Ok(answer) => answers.push((request, answer)),
                        Err(trouble) => {
                            tracing::warn!(request = request.id, %trouble, "not answered yet");
                        }
                    }
                }
                Err(error) => {
                    self.busy.remove(&error.id());
                    tracing::error!(%error, "a look for an answer ended early");
                }
            }
        }
        answers
    }
}

/// Where answers come from.
#[derive(Clone)]
struct World {
    prober: Arc<Prober>,
    runner: Runner,
}

/// Why a request is not answered: this machine's own trouble.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Url(Failure),
    #[error(transparent)]
    Task(#[from] TaskError),
}

impl World {
    async fn answer(&self, request: &Request) -> Result<Answer, Trouble> {
        match &request.task {
            Some(task) => Ok(self.runner.run(task.clone()).await?),
            None => answer(&self.prober, request).await.map_err(Trouble::Url),
        }
    }
}

/// What a request's URL says; a failure that is this machine's own is none of it.
async fn answer(prober: &Prober, request: &Request) -> Result<Answer, Failure> {
    // The chain takes no other.
    let Ok(path) = request.path.parse::<Path>() else {
        return Ok(Answer::Unavailable);
    };
    let mut last = look(prober, request, &path).await;
    if !matches!(last, Ok(Answer::Found(_))) {
        sleep(AGAIN).await;
        last = look(prober, request, &path).await;
    }
    match last {
        Err(failure @ Failure::Own(_)) => Err(failure),
        Err(failure) => {
            tracing::info!(request = request.id, %failure, "the URL gives nothing");
            Ok(Answer::Unavailable)
        }
        found => found,
    }
}

async fn look(prober: &Prober, request: &Request, path: &Path) -> Result<Answer, Failure> {
    let document = prober.fetch(&request.url, MAX_DOCUMENT, PATIENCE).await?;
    let found = find::find(&document, path, request.decimals);
    Ok(found.map_or(Answer::Unavailable, Answer::Found))
}
