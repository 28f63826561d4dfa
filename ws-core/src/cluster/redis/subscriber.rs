//! Which server is subscribed to what: a supervisor for each server, and what it is told.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::connector::Address;
use super::feed::Feed;
use super::node::Node;
use super::supervisor::Supervisor;

/// The supervisors, by the servers that they watch.
#[derive(Default)]
pub(super) struct Subscriber {
    supervisors: Mutex<HashMap<Address, UnboundedSender<Instruction>>>,
}

/// What a supervisor is to do. There are no more instructions than channels come and go.
pub(super) enum Instruction {
    Follow(Arc<Feed>),
    Leave(Arc<Feed>),
    Distrust,
}

impl Subscriber {
    /// Makes sure that a feed gets what is published.
    pub(super) fn follow(&self, node: &Arc<Node>, feed: Arc<Feed>) {
        let partition = feed.keys.partition;
        // Where nobody owns the partition at the moment, any supervisor will find the owner later.
        let owner = node
            .topology
            .owner(partition)
            .or_else(|| node.topology.addresses().into_iter().next());
        if let Some(owner) = owner {
            self.tell(node, owner, Instruction::Follow(feed));
        }
    }

    /// Ends that, at every server: the slot may be on its way from one to another. A supervisor that is told later to follow the
    /// feed finds that nobody wants it.
    pub(super) fn leave(&self, feed: &Arc<Feed>) {
        for supervisor in self.supervisors().values() {
            drop(supervisor.send(Instruction::Leave(Arc::clone(feed))));
        }
    }

    /// Has the subscriptions at a feed's server made again.
    pub(super) fn distrust(&self, node: &Arc<Node>, feed: &Feed) {
        if let Some(server) = feed.subscribed_at() {
            self.tell(node, server, Instruction::Distrust);
        }
    }

    /// Has the subscriptions made again at all servers but these: they are to be elsewhere.
    pub(super) fn distrust_others(&self, owners: &BTreeSet<Address>) {
        for (address, supervisor) in &*self.supervisors() {
            if !owners.contains(address) {
                drop(supervisor.send(Instruction::Distrust));
            }
        }
    }

    pub(super) fn supervisors(
        &self,
    ) -> MutexGuard<'_, HashMap<Address, UnboundedSender<Instruction>>> {
        let supervisors = self.supervisors.lock();
        supervisors.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, node: &Arc<Node>, address: Address, instruction: Instruction) {
        let mut supervisors = self.supervisors();
        let supervisor = supervisors.entry(address.clone()).or_insert_with(|| {
            let (instructions, receiver) = unbounded_channel();
            node.start(Supervisor::new(node, address, receiver).run());
            instructions
        });
        // Fails only where the node ends: a supervisor that ends earlier is removed from the map first.
        drop(supervisor.send(instruction));
    }

    /// The next instruction of a supervisor that follows nothing. Without one, the supervisor is removed, because its server may be
    /// gone.
    pub(super) fn next_instruction(
        &self,
        address: &Address,
        instructions: &mut UnboundedReceiver<Instruction>,
    ) -> Option<Instruction> {
        let mut supervisors = self.supervisors();
        let instruction = instructions.try_recv().ok();
        if instruction.is_none() {
            supervisors.remove(address);
        }
        instruction
    }
}
