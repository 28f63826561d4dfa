//! Colours, where a person reads along, and nowhere else.

use std::env;
use std::io::{self, IsTerminal, Write};

/// A stream that people may be reading.
pub(crate) struct Terminal<W> {
    stream: W,
    colours: bool,
}

/// The output that other programs may read.
pub(crate) fn stdout() -> Terminal<io::Stdout> {
    Terminal::new(io::stdout(), io::stdout().is_terminal())
}

/// The output for messages.
pub(crate) fn stderr() -> Terminal<io::Stderr> {
    Terminal::new(io::stderr(), io::stderr().is_terminal())
}

impl<W: Write> Terminal<W> {
    fn new(stream: W, is_terminal: bool) -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Terminal {
            stream,
            colours: is_terminal && !refused && !dumb,
        }
    }

    /// Writes lines, coloured by what they begin with.
    ///
    /// A reader that has gone away, such as `head`, is not an error; a full disk is.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        let mut painted = String::with_capacity(text.len());
        for line in text.lines() {
            match self.colour(line) {
                Some(colour) => painted.push_str(&format!("{colour}{line}\x1b[0m\n")),
                None => painted.push_str(&format!("{line}\n")),
            }
        }
        let written = self.stream.write_all(painted.as_bytes());
        match written.and_then(|()| self.stream.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn colour(&self, line: &str) -> Option<&'static str> {
        const BOLD_RED: &str = "\x1b[1;31m";
        const RED: &str = "\x1b[31m";
        const YELLOW: &str = "\x1b[33m";
        const GREEN: &str = "\x1b[32m";
        const CYAN: &str = "\x1b[36m";
        const BOLD: &str = "\x1b[1m";
        let begins = |start: &str| line.starts_with(start);
        if !self.colours {
            None
        } else if begins("error:") || begins("  breaking:") {
            Some(BOLD_RED)
        } else if begins("--- ") || begins("+++ ") {
            Some(BOLD)
        } else if begins("-") {
            Some(RED)
        } else if begins("  if ") {
            Some(YELLOW)
        } else if begins("+") || begins("  safe:") {
            Some(GREEN)
        } else if begins("@@") || begins("  help:") || begins("    help:") {
            Some(CYAN)
        } else {
            None
        }
    }
}
