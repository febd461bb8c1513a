//! Events.

use slsbft_proto::requests::v1::Request;
use slsbft_types::{Address, Amount};

use super::{
    finish::reason,
    msg::{Post, Question},
};
use crate::{context::Context, events::event};

pub fn posted(ctx: &mut Context<'_>, id: u64, post: &Post) {
    let posted = event("request_posted")
        .attr("request", id)
        .attr("poster", post.poster);
    let posted = match &post.question {
        Question::Url { url, .. } => posted.note("url", &url.text),
        Question::Task(task) => posted.note("code_id", task.code_id).note("gas", task.gas),
    };
    ctx.emit(posted.note("fee", post.fee));
}

/// One attribute for each node.
pub fn assigned(ctx: &mut Context<'_>, request: &Request) {
    let begun = event("request_assigned").attr("request", request.id);
    let all = request.seats.iter();
    ctx.emit(all.fold(begun, |event, seat| event.attr("edge", &seat.edge)));
}

/// `what` is `request_committed` or `request_revealed`.
pub fn answering(ctx: &mut Context<'_>, what: &str, id: u64, edge: &Address) {
    ctx.emit(event(what).attr("request", id).attr("edge", edge));
}

/// `returned`: of the fee, to the poster.
pub fn finished(ctx: &mut Context<'_>, request: &Request, returned: Amount) {
    let found = request.answer.as_ref().and_then(|answer| answer.answer.as_ref());
    let mut finished = event("request_finished")
        .attr("request", request.id)
        .attr("poster", &request.poster)
        .note("returned", returned);
    match (reason(request), found) {
        (None, Some(slsbft_proto::requests::v1::answer::Answer::Found(text))) => {
            finished = finished.note("answer", text);
        }
        (Some(reason), Some(slsbft_proto::requests::v1::answer::Answer::Failed(words))) => {
            finished = finished.note("error", reason).note("reason", words);
        }
        (reason, _) => finished = finished.note("error", reason.unwrap_or("unavailable")),
    }
    ctx.emit(finished);
}
