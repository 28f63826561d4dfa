//! How a node takes leave.

use std::time::Duration;

use tokio::time::sleep;

use super::backoff::Backoff;
use super::enrol::BATCH;
use super::failure::Failure;
use super::keys::Partition;
use super::lease::NodeName;
use super::node::Node;
use crate::cluster::Enrolment;

/// How long it is known of a node that it has left, and was not lost: for those who cannot reach Redis when it does.
const AFTERLIFE: Duration = Duration::from_secs(60);

/// How many names of a node it takes leave of. It has lost its lease under each but the last, so Redis was away for long each time.
const NAMES: u32 = 16;

impl Node {
    /// Takes leave: this node has no members any more, and all others are told so, or find it so when they look.
    ///
    /// # Errors
    ///
    /// Where Redis refuses some of it, and everything else is done.
    pub(super) async fn leave(&self) -> Result<(), Failure> {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        loop {
            match self.try_to_leave().await {
                Err(failure) if !failure.is_final() => {
                    tracing::debug!(%failure, "the other nodes will be told later that this one has left");
                    sleep(backoff.next()).await;
                }
                left => return left,
            }
        }
    }

    /// Keeps a lease meanwhile, and for a while after that: the members of a node without a lease are not read.
    pub(super) async fn try_to_leave(&self) -> Result<(), Failure> {
        self.presence.state().is_leaving = true;
        // Changes of members that are being told, and a sign of life that is on its way, come first.
        for partition in Partition::all() {
            drop(self.enrolling(partition).write().await);
        }
        let _beat = self.beating.lock().await;
        self.claim_lease().await?;
        let channels = self.presence.state().own.keys().cloned().collect();
        let left = self.for_each(channels, |channel, keys| async move {
            let _turn = self.enrolling(keys.partition).write().await;
            let is_outdated = self.presence.is_outdated(&channel);
            let members = self.presence.own_members(&channel).into_iter();
            let leaving = members.map(|member| Enrolment::Leave(member.connection));
            let leaving: Vec<Enrolment> = leaving.collect();
            for batch in leaving.chunks(BATCH) {
                let told = self.try_enrol(&channel, &keys, batch.to_vec()).await;
                // What is to be told again anyway is no sign of a server that is away.
                if !is_outdated {
                    told?;
                }
            }
            Ok(())
        });
        let mut left = left.await;
        let me = self.name();
        for incarnation in me.incarnation.saturating_sub(NAMES)..me.incarnation {
            let took_leave = self.bid_farewell(NodeName { incarnation, ..me }).await;
            left = Failure::first_passing(left, took_leave);
        }
        // The members of whom the others could not be told.
        Failure::first_passing(left, self.repeat().await)?;
        self.bid_farewell(me).await
    }

    async fn bid_farewell(&self, name: NodeName) -> Result<(), Failure> {
        self.take_members_of(name).await?;
        let lease = AFTERLIFE.max(self.options.lease);
        self.take_lease(name, lease).await
    }
}
