use super::client::{Client, Given};

/// What came of it: every message that was accepted was given once and in order, or lies in a gap that was told.
#[derive(Debug)]
pub(crate) struct Report {
    /// How many messages were accepted.
    pub(crate) accepted: usize,
    /// How many gaps were told, over all clients.
    pub(crate) gaps: usize,
    /// How many messages lie in gaps, over all clients.
    pub(crate) missing: usize,
    /// How often the clients came, all in all.
    pub(crate) connections: usize,
    /// How many messages are missing of which nobody was told, over all clients.
    pub(crate) silent: usize,
}

impl Report {
    /// Asserts that whatever is missing lies in a gap that was told.
    pub(crate) fn is_honest(&self) {
        assert_eq!(self.silent, 0, "{self:?}");
    }

    /// Compares what each client was given with what was accepted.
    pub(crate) fn of(accepted: &[Vec<u64>], clients: &[Client]) -> Self {
        let mut report = Self {
            accepted: accepted.iter().map(Vec::len).sum(),
            gaps: 0,
            missing: 0,
            connections: clients.iter().map(Client::connections).sum(),
            silent: 0,
        };
        for client in clients {
            let given = client.given();
            report.gaps += given
                .iter()
                .filter(|given| matches!(given, Given::Gap(_)))
                .count();
            for (publisher, numbers) in (0..).zip(accepted) {
                let (missing, silent) = compare(&client.name, publisher, numbers, &given);
                report.missing += missing;
                report.silent += silent;
            }
        }
        report
    }

    /// Asserts that nothing is missing, and that nobody was told so.
    pub(crate) fn is_whole(&self) {
        self.is_honest();
        assert_eq!((self.missing, self.gaps), (0, 0), "{self:?}");
        assert!(self.accepted > 100, "{self:?}");
    }

    /// Asserts that a gap was told.
    pub(crate) fn is_told(&self) {
        self.is_honest();
        assert!(self.gaps > 0, "{self:?}");
    }
}

/// Compares one client with one publisher, and returns how many messages lie in gaps, and how many are missing elsewhere.
fn compare(client: &str, publisher: u32, accepted: &[u64], given: &[Given]) -> (usize, usize) {
    let mut expected = accepted.iter().peekable();
    let (mut missing, mut silent) = (0, 0);
    let (mut in_gap, mut has_come) = (false, false);
    // What came before the client was there is not its concern.
    let mut is_first = true;
    let mut last = 0;
    // Where the client came, and what it was told, for the report.
    let mut trace: Vec<String> = Vec::new();
    for given in given {
        match given {
            Given::Gap(why) => {
                in_gap = true;
                trace.push(format!("gap {why} after {last}"));
            }
            Given::Number {
                publisher: of,
                number,
            } if *of == publisher => {
                if *number <= last && in_gap && has_come {
                    // It was told that the log is another one, and this node cannot know what it was given on the other.
                    continue;
                }
                has_come = false;
                assert!(
                    *number > last,
                    "{client}: {number} of publisher {publisher} came after {last}: twice, or out of order: {trace:#?}"
                );
                last = *number;
                let mut skipped = Vec::new();
                while let Some(next) = expected.next_if(|next| *next < number) {
                    skipped.push(*next);
                }
                if !is_first && in_gap {
                    missing += skipped.len();
                } else if !is_first && !skipped.is_empty() {
                    eprintln!(
                        "{client}: {skipped:?} of publisher {publisher} are missing before {number}: {trace:#?}"
                    );
                    silent += skipped.len();
                }
                expected.next_if_eq(&number);
                in_gap = false;
                is_first = false;
            }
            Given::Number { .. } => {}
            Given::Came(text) => {
                has_come = true;
                trace.push(format!("after {last}: {text}"));
            }
        }
    }
    let rest: Vec<_> = expected.collect();
    if in_gap {
        missing += rest.len();
    } else if !rest.is_empty() {
        eprintln!("{client}: {rest:?} of publisher {publisher} are missing in the end");
        silent += rest.len();
    }
    (missing, silent)
}
