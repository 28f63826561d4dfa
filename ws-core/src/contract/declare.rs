//! [`contract!`](crate::contract!), which declares a contract.

/// Declares a contract: a name for the events of both directions.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # use ws_core::WsEvent;
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Say { text: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema)] struct Said { text: String }
/// #[derive(Debug, WsEvent)]
/// #[ws(from = "client", namespace = "room")]
/// enum FromClient {
///     Say(Say),
/// }
///
/// #[derive(Debug, WsEvent)]
/// #[ws(from = "server", namespace = "room")]
/// enum FromServer {
///     Said(Said),
/// }
///
/// ws_core::contract!(
///     /// What the room speaks.
///     Room = "room" { client: FromClient, server: FromServer }
/// );
/// ```
///
/// Either side may list up to 16 enums: `client: [Chats, Rooms]`. Event names must be unique among the enums of one
/// direction; the same name may appear in both directions, with different payloads. The name of the contract becomes
/// the name of its file and of the generated client, and consists of lower-case words joined by `-`.
#[macro_export]
macro_rules! contract {
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $text:literal {
        client: [$($client:ty),+ $(,)?], server: [$($server:ty),+ $(,)?] $(,)?
    }) => {
        $crate::contract!(@declare [$(#[$attribute])*] [$visibility] $name $text [$($client),+] [$($server),+]);
    };
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $text:literal {
        client: [$($client:ty),+ $(,)?], server: $server:ty $(,)?
    }) => {
        $crate::contract!(@declare [$(#[$attribute])*] [$visibility] $name $text [$($client),+] [$server]);
    };
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $text:literal {
        client: $client:ty, server: [$($server:ty),+ $(,)?] $(,)?
    }) => {
        $crate::contract!(@declare [$(#[$attribute])*] [$visibility] $name $text [$client] [$($server),+]);
    };
    ($(#[$attribute:meta])* $visibility:vis $name:ident = $text:literal {
        client: $client:ty, server: $server:ty $(,)?
    }) => {
        $crate::contract!(@declare [$(#[$attribute])*] [$visibility] $name $text [$client] [$server]);
    };
    (@declare [$(#[$attribute:meta])*] [$visibility:vis] $name:ident $text:literal
        [$($client:ty),+] [$($server:ty),+]
    ) => {
        $(#[$attribute])*
        #[derive(Debug)]
        $visibility enum $name {}

        impl $crate::Contract for $name {
            const NAME: &'static str = $text;
            type Client = ($($client,)+);
            type Server = ($($server,)+);
            type Slots = $crate::contract!(@slots $($client),+);
        }

        const _: () = {
            $($crate::__private::assert_from_client::<$client>();)+
            $($crate::__private::assert_from_server::<$server>();)+
            $crate::__private::assert_contract_name($text);
            $crate::__private::assert_unique_names_across(<($($client,)+) as $crate::__private::EventEnums>::EVENTS);
            $crate::__private::assert_unique_names_across(<($($server,)+) as $crate::__private::EventEnums>::EVENTS);
        };
    };
    (@slots $client:ty) => { <$client as $crate::__private::EventEnum>::Slots };
    (@slots $($client:ty),+) => { ($($crate::__private::Part<$client, $crate::__private::Fresh>,)+) };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "write `contract!(pub Name = \"name\" { client: Enum, server: Enum })`; for several enums, write a list: `[A, B]`"
        );
    };
}

/// Fails to compile if the name of a contract cannot be the name of a file and of a TypeScript module.
///
/// # Panics
///
/// Panics during constant evaluation, which makes it a compile error.
pub const fn assert_contract_name(name: &str) {
    let bytes = name.as_bytes();
    let mut at = 0;
    let mut inside_word = false;
    while at < bytes.len() {
        let letter = bytes[at].is_ascii_lowercase() || (bytes[at].is_ascii_digit() && at > 0);
        assert!(
            letter || (bytes[at] == b'-' && inside_word),
            "a contract name must consist of lower-case words joined by `-`, such as `chat` or `device-fleet`"
        );
        inside_word = letter;
        at += 1;
    }
    assert!(
        inside_word && bytes.len() <= 64,
        "a contract name must have 1 to 64 characters, and must end with a letter or a digit"
    );
}
