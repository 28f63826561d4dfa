//! The names of everything in Redis.
//!
//! Channels are spread over 64 partitions. All keys of a partition have one hash tag, and so one slot of a Redis Cluster:
//! scripts and commands over several keys of a channel work there, and a node follows 64 slots instead of 16,384.

use xxhash_rust::xxh3::xxh3_64;

/// How many partitions there are. Names in Redis depend on it: it never changes.
pub(super) const PARTITIONS: usize = 64;

/// One partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Partition(u8);

impl Partition {
    /// The partition of the leases.
    pub(super) const FIRST: Self = Self(0);

    pub(super) fn all() -> impl Iterator<Item = Self> {
        TAGS.iter().zip(0..).map(|(_, index)| Self(index))
    }

    pub(super) fn of(channel: &str) -> Self {
        Self((xxh3_64(channel.as_bytes()) % PARTITIONS as u64) as u8)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Its slot in a Redis Cluster.
    pub(super) fn slot(self) -> u16 {
        crc16(self.tag().as_bytes()) % 16384
    }

    fn tag(self) -> &'static str {
        TAGS[self.index()]
    }
}

/// All keys and topics, under one prefix.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

/// The keys of one channel.
#[derive(Debug, Clone)]
pub(super) struct ChannelKeys {
    pub(super) partition: Partition,
    /// The number of the last message.
    pub(super) seq: String,
    /// The stream of frames. The id of an entry is the position of the frame's last message.
    pub(super) log: String,
    /// Where frames are published.
    pub(super) topic: String,
    /// The last order to disconnect everyone.
    pub(super) kick: String,
    /// The number of the last order to disconnect single users.
    pub(super) ordered: String,
    /// The stream of these orders. The id of an entry is its number, and the mark of the publication.
    pub(super) orders: String,
    /// The beginning of the keys of what each node has appended last; the id of the node follows.
    appended: String,
    /// How often the members have changed.
    pub(super) version: String,
    /// The set of nodes that have members.
    pub(super) nodes: String,
    /// The beginning of the keys of the members of each node; the name of the node follows.
    members: String,
}

impl ChannelKeys {
    /// What the node of this id has appended last.
    pub(super) fn appended(&self, node: u64) -> String {
        format!("{}{node:x}", self.appended)
    }

    /// The hash of the members that a node has.
    pub(super) fn members(&self, node: &str) -> String {
        format!("{}{node}", self.members)
    }
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// What all keys and topics match.
    pub(super) fn pattern(&self) -> String {
        format!("{}{{*", self.prefix)
    }

    pub(super) fn channel(&self, channel: &str) -> ChannelKeys {
        let partition = Partition::of(channel);
        let key = |kind: &str| self.key(partition, kind, channel);
        ChannelKeys {
            partition,
            seq: key("q:"),
            log: key("s:"),
            topic: key("c:"),
            kick: key("k:"),
            ordered: key("kn:"),
            orders: key("ku:"),
            appended: self.key(partition, "a:", &format!("{channel}:")),
            version: key("v:"),
            nodes: key("pn:"),
            members: self.key(partition, "pr:", &format!("{channel}:")),
        }
    }

    /// The leases of all nodes, by the time at which they end.
    pub(super) fn leases(&self) -> String {
        self.key(Partition::FIRST, "nodes", "")
    }

    /// The channels in which a node has members.
    pub(super) fn channels_of(&self, node: &str) -> String {
        self.key(Partition::FIRST, "no:", node)
    }

    /// The topic on which a node publishes to itself, to see that it hears.
    pub(super) fn probe(&self, partition: Partition, node: &str) -> String {
        self.key(partition, "probe:", node)
    }

    fn key(&self, partition: Partition, kind: &str, name: &str) -> String {
        format!("{}{{{}}}{kind}{name}", self.prefix, partition.tag())
    }
}

/// CRC-16/XMODEM, by which a Redis Cluster knows the slot of a hash tag.
const fn crc16(bytes: &[u8]) -> u16 {
    let mut crc: u16 = 0;
    let mut index = 0;
    while index < bytes.len() {
        crc ^= (bytes[index] as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
            bit += 1;
        }
        index += 1;
    }
    crc
}

/// The hash tags of the partitions: of each 64th part of the slots, the first `p<number>` that falls into it. Plain numbers
/// would leave some masters with twice as many partitions as others.
const TAGS: [&str; PARTITIONS] = [
    "p68", "p60", "p73", "p100", "p51", "p59", "p131", "p42", "p11", "p19", "p171", "p179", "p28",
    "p20", "p3", "p140", "p69", "p61", "p72", "p101", "p50", "p58", "p130", "p43", "p10", "p18",
    "p170", "p178", "p29", "p21", "p2", "p141", "p111", "p62", "p71", "p79", "p53", "p120", "p48",
    "p40", "p13", "p160", "p173", "p322", "p151", "p22", "p1", "p9", "p110", "p63", "p70", "p78",
    "p52", "p121", "p49", "p41", "p12", "p161", "p172", "p323", "p150", "p23", "p0", "p8",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_spread_evenly_over_the_slots() {
        for (index, partition) in Partition::all().enumerate() {
            assert_eq!(usize::from(partition.slot()) / 256, index);
        }
        assert_eq!(
            crc16(b"123456789"),
            0x31c3,
            "the check value of CRC-16/XMODEM"
        );
    }

    #[test]
    fn the_keys_of_a_channel_are_in_one_slot_and_never_change() {
        let keys = Keys::new("ws1").channel("chat/my-channel");
        assert_eq!(keys.seq, "ws1{p51}q:chat/my-channel");
        assert_eq!(keys.members("n1.0"), "ws1{p51}pr:chat/my-channel:n1.0");
    }
}
