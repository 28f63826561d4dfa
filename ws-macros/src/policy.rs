//! What an event says of its traffic: how often it may come, what becomes of it where its receiver is slow, and whether it
//! is kept for those who come back.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, Path};

use crate::attr::Attributes;
use crate::errors::Errors;

/// The keys `when_slow`, `rate` and `ephemeral`, each where it is written.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) when_slow: Option<(WhenSlow, LitStr)>,
    pub(crate) rate: Option<(Rate, LitStr)>,
    /// Where it says that it goes past the log.
    pub(crate) ephemeral: Option<Path>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenSlow {
    Disconnect,
    DropOldest,
}

/// So many times in so many seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rate {
    times: u32,
    seconds: u64,
}

impl Policy {
    /// Reads what the attributes say.
    pub(crate) fn read(attributes: &mut Attributes, errors: &mut Errors) -> Self {
        let when_slow = attributes.when_slow.take().and_then(|written| {
            let when_slow = WhenSlow::parse(&written.value());
            if when_slow.is_none() {
                errors.on(
                    &written,
                    "`when_slow` must be `\"disconnect\"` (the default) or `\"drop_oldest\"`",
                );
            }
            Some((when_slow?, written))
        });
        let rate = attributes.rate.take().and_then(|written| {
            let rate = Rate::parse(&written.value());
            if rate.is_none() {
                errors.on(
                    &written,
                    "a rate is a number of times per second, minute or hour: `\"10/s\"`, `\"100/min\"`, `\"1000/h\"`",
                );
            }
            Some((rate?, written))
        });
        let ephemeral = attributes.ephemeral.take();
        Self {
            when_slow,
            rate,
            ephemeral,
        }
    }

    /// The policy for slow receivers, as an expression.
    pub(crate) fn when_slow(&self) -> Option<TokenStream> {
        self.when_slow
            .as_ref()
            .map(|(when_slow, _)| match when_slow {
                WhenSlow::Disconnect => quote!(::ws_core::__private::WhenSlow::Disconnect),
                WhenSlow::DropOldest => quote!(::ws_core::__private::WhenSlow::DropOldest),
            })
    }

    /// The rate, as an expression.
    pub(crate) fn rate(&self) -> Option<TokenStream> {
        self.rate.as_ref().map(|(Rate { times, seconds }, _)| {
            quote!(::ws_core::__private::Rate::new(
                #times,
                ::core::time::Duration::from_secs(#seconds),
            ))
        })
    }
}

impl WhenSlow {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "disconnect" => Some(Self::Disconnect),
            "drop_oldest" => Some(Self::DropOldest),
            _ => None,
        }
    }
}

impl Rate {
    fn parse(text: &str) -> Option<Self> {
        let (times, unit) = text.split_once('/')?;
        let seconds = match unit.trim() {
            "s" => 1,
            "min" => 60,
            "h" => 3600,
            _ => return None,
        };
        let times = times.trim().parse().ok().filter(|times| *times > 0)?;
        Some(Self { times, seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_and_a_unit() {
        let rate = |times, seconds| Some(Rate { times, seconds });
        assert_eq!(Rate::parse("10/s"), rate(10, 1));
        assert_eq!(Rate::parse("100 / min"), rate(100, 60));
        assert_eq!(Rate::parse("7/h"), rate(7, 3600));
        for text in [
            "",
            "10",
            "10/",
            "/s",
            "0/s",
            "-1/s",
            "1.5/s",
            "10/d",
            "10/s/s",
            "99999999999/s",
        ] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }
}
