//! What a channel may be called, and how long its events may be.

use crate::error::{ClusterError, SendError};
use crate::limits::LONGEST_CHANNEL;

/// The most bytes of an event. Less than an outbox holds: a longer one would close every connection that it is sent to,
/// and again each time that they come back for it.
const LONGEST_EVENT: usize = 256 * 1024;

/// The name of a channel in which nobody can be registered.
pub(super) struct Misnamed {
    pub(super) length: usize,
    pub(super) limit: usize,
}

/// Checks the length of a channel's name against this limit, and against that of the cluster.
pub(super) fn check_name(name: &str, limit: usize) -> Result<(), Misnamed> {
    let (length, limit) = (name.len(), limit.min(LONGEST_CHANNEL));
    match length {
        0 => Err(Misnamed { length, limit }),
        _ if length > limit => Err(Misnamed { length, limit }),
        _ => Ok(()),
    }
}

pub(super) fn check_event(length: usize) -> Result<(), SendError> {
    match length {
        length if length > LONGEST_EVENT => Err(SendError::TooLarge {
            length,
            limit: LONGEST_EVENT,
        }),
        _ => Ok(()),
    }
}

impl From<Misnamed> for SendError {
    fn from(Misnamed { length, limit }: Misnamed) -> Self {
        Self::ChannelName { length, limit }
    }
}

impl From<Misnamed> for ClusterError {
    fn from(Misnamed { length, limit }: Misnamed) -> Self {
        Self::ChannelName { length, limit }
    }
}
