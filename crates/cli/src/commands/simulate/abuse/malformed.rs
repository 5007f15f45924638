//! S3: malformed protobuf, at every call of node and service.

use std::time::Duration;

use futures::StreamExt;

use super::corpus::malformed;
use super::descriptors::calls;
use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// What a message that is none may be answered with: its form or its size.
const FORM: [&str; 4] = ["INVALID_ARGUMENT", "OutOfRange", "RESOURCE_EXHAUSTED", "RATE_LIMITED"];
/// What may never come back: somebody lost his head.
const LOST: [&str; 4] = ["Internal", "Unknown", "SILENCE", "Unavailable"];
/// Thrown at once.
const AT_ONCE: usize = 16;

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let calls = calls()?;
    let deadline = Duration::from_secs(15);
    let node = sdk::open_channel(&ground.banner.nodes[0], deadline, &ground.transport).await?;
    let service = sdk::open_channel(&ground.banner.service, deadline, &ground.transport).await?;
    let bearer = ground.banner.tokens["merchant"].as_str();
    let mut messages = Vec::new();
    for call in &calls {
        for message in malformed(&call.messages) {
            messages.push((call, message));
        }
    }
    let count = messages.len();
    let mut answers = futures::stream::iter(messages.into_iter().map(|(call, message)| {
        let channel = if call.of_node { &node } else { &service };
        async move {
            let body = raw::framed(false, &message.bytes);
            (
                call,
                message.what,
                message.no_message,
                raw::call(channel, &call.path, &[("authorization", bearer)], body).await,
            )
        }
    }))
    .buffer_unordered(AT_ONCE);
    let mut thrown = Thrown::new(format!("{count} malformed messages at {} calls", calls.len()));
    while let Some((call, what, no_message, answer)) = answers.next().await {
        // A stream whose first message is broken ends without an answer.
        let stream = call.path.ends_with("/SubmitStream") && matches!(answer.as_str(), "OK" | "END");
        let good =
            if no_message { FORM.contains(&answer.as_str()) || stream } else { !LOST.contains(&answer.as_str()) };
        if !good {
            thrown.wrong(format!("{}: {what}: {answer}", call.path));
        }
        thrown.count(answer);
    }
    Ok(thrown)
}
