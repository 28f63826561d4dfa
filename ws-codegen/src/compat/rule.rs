//! The names of changes. They are part of the interface: scripts and people refer to them, so none is ever renamed.

use std::fmt;

/// Which of two contracts holds values that the other one refuses after a change of some kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// Neither: nothing on the wire changed, or programs that do not know the change ignore it.
    Nobody,
    /// What is sent by the old contract may be refused by the new one.
    OldToNew,
    /// What is sent by the new contract may be refused by the old one.
    NewToOld,
    /// Both.
    Both,
    /// An old client at a new server breaks, whichever side sends.
    OldClient,
    /// A new client at an old server breaks, whichever side sends.
    NewClient,
}

macro_rules! rules {
    ($($variant:ident $id:literal $breaks:ident $what:literal, $help:literal;)*) => {
        /// The name of a kind of change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $what] $variant,)*
        }

        impl Rule {
            /// All rules, in the order of the documentation.
            pub const ALL: &[Rule] = &[$(Rule::$variant),*];

            /// Returns the stable name of the rule, such as `FIELD_REQUIRED_ADDED`.
            pub fn id(self) -> &'static str {
                match self { $(Rule::$variant => $id,)* }
            }

            /// Returns what changed, for a table of all rules.
            pub fn what(self) -> &'static str {
                match self { $(Rule::$variant => $what,)* }
            }

            /// Returns whom such a change may break. Whether a particular change does depends on its place.
            pub fn breaks(self) -> Breaks {
                match self { $(Rule::$variant => Breaks::$breaks,)* }
            }

            /// Returns what to do instead. It is empty for rules that break nobody.
            pub fn help(self) -> &'static str {
                match self { $(Rule::$variant => $help,)* }
            }
        }
    };
}

rules! {
    ContractRenamed "CONTRACT_RENAMED" Nobody "the contract has another name", "";
    EventAdded "EVENT_ADDED" NewClient "an event is new",
        "release the server first";
    EventRemoved "EVENT_REMOVED" OldClient "an event is gone",
        "deprecate it, and keep it until no old program is left";
    EventDirectionChanged "EVENT_DIRECTION_CHANGED" Both "an event is sent by the other side",
        "give the new event a different name";
    EventBecameRequest "EVENT_BECAME_REQUEST" Both "an event has a reply now",
        "add the request under a different name, and keep the event";
    RequestBecameEvent "REQUEST_BECAME_EVENT" Both "a request no longer has a reply",
        "add the event under a different name, and keep the request";
    ErrorAdded "ERROR_ADDED" NewToOld "a request that declared no error declares one",
        "release clients that know the error first";
    ErrorRemoved "ERROR_REMOVED" OldToNew "a request no longer declares an error",
        "keep the declaration until no old server is left";
    RateLowered "RATE_LOWERED" OldToNew "a client may send an event less often",
        "release clients that send less often first";
    RateRaised "RATE_RAISED" NewToOld "a client may send an event more often",
        "release the server first";
    WhenSlowChanged "WHEN_SLOW_CHANGED" Both "an event is treated differently if its receiver is slow",
        "send it under a new name, if a client must not miss any";
    DeliveryChanged "DELIVERY_CHANGED" Both "an event is sent again to clients that come back, or no longer is",
        "send it under a new name, if a client must not miss any";
    FieldRequiredAdded "FIELD_REQUIRED_ADDED" Both "a member is new and required",
        "make it optional (`Option`, or `#[serde(default)]`) until all senders know it";
    FieldOptionalAdded "FIELD_OPTIONAL_ADDED" Both "a member is new and optional",
        "release the side that receives it first, or remove `deny_unknown_fields` beforehand";
    FieldRequiredRemoved "FIELD_REQUIRED_REMOVED" Both "a required member is gone",
        "deprecate it, and keep sending it until no program that requires it is left";
    FieldOptionalRemoved "FIELD_OPTIONAL_REMOVED" Both "an optional member is gone",
        "keep it until no program that sends it is left";
    FieldMadeRequired "FIELD_MADE_REQUIRED" OldToNew "a member that could be left out is required",
        "keep it optional until no program that leaves it out is left";
    FieldMadeOptional "FIELD_MADE_OPTIONAL" NewToOld "a required member may be left out",
        "keep sending it until no program that requires it is left";
    NullAdded "NULL_ADDED" NewToOld "`null` is a value now",
        "release the side that receives it first";
    NullRemoved "NULL_REMOVED" OldToNew "`null` is no longer a value",
        "keep accepting `null` until no program that sends it is left";
    TypeChanged "TYPE_CHANGED" Both "values have another type",
        "add a member or an event with another name, and keep this one for programs that know it";
    IntegerMadeNumber "INTEGER_MADE_NUMBER" NewToOld "an integer may be a fraction now",
        "release the side that receives it first";
    NumberMadeInteger "NUMBER_MADE_INTEGER" OldToNew "a number must be an integer now",
        "keep accepting fractions until no program that sends them is left";
    RangeNarrowed "RANGE_NARROWED" OldToNew "fewer numbers fit",
        "keep the wider range until no program that uses it is left";
    RangeWidened "RANGE_WIDENED" NewToOld "more numbers fit",
        "release the side that receives them first";
    LengthNarrowed "LENGTH_NARROWED" OldToNew "fewer lengths of a string fit",
        "keep the looser limit until no program that uses it is left";
    LengthWidened "LENGTH_WIDENED" NewToOld "more lengths of a string fit",
        "release the side that receives them first";
    PatternChanged "PATTERN_CHANGED" Both "a string must match another pattern",
        "nobody can tell which strings match both: check the pattern by hand, or remove it";
    FormatChanged "FORMAT_CHANGED" Both "a string is written in another form, as a date or in base64",
        "add a member with another name, and keep this one for programs that know it";
    CodecChanged "CODEC_CHANGED" Nobody "the same string is another type in a program", "";
    ItemsNarrowed "ITEMS_NARROWED" OldToNew "fewer lengths of a list fit, or repeated items no longer do",
        "keep the looser limit until no program that uses it is left";
    ItemsWidened "ITEMS_WIDENED" NewToOld "more lengths of a list fit, or repeated items",
        "release the side that receives them first";
    ArrayTupleChanged "ARRAY_TUPLE_CHANGED" Both "an array has become a tuple, or a tuple an array",
        "add a member with another name, and keep this one for programs that know it";
    EntriesNarrowed "ENTRIES_NARROWED" OldToNew "fewer sizes of an object fit",
        "keep the looser limit until no program that uses it is left";
    EntriesWidened "ENTRIES_WIDENED" NewToOld "more sizes of an object fit",
        "release the side that receives them first";
    EnumValueAdded "ENUM_VALUE_ADDED" NewToOld "a constant is new",
        "release the side that receives it first, and mark enums that grow with `x-ws-open` beforehand";
    EnumValueRemoved "ENUM_VALUE_REMOVED" OldToNew "a constant is gone",
        "keep accepting it until no program that sends it is left";
    EnumOpened "ENUM_OPENED" NewToOld "any other value is allowed next to the constants",
        "release the side that receives it first";
    EnumClosed "ENUM_CLOSED" OldToNew "only the constants fit now",
        "keep accepting other values until no program that sends them is left";
    VariantAdded "VARIANT_ADDED" NewToOld "an alternative is new",
        "release the side that receives it first, or send it as a separate event";
    VariantRemoved "VARIANT_REMOVED" OldToNew "an alternative is gone",
        "keep accepting it until no program that sends it is left";
    TagChanged "TAG_CHANGED" Both "alternatives are distinguished in another way",
        "add an event or a member with another name, and keep this one for programs that know it";
    MapAdded "MAP_ADDED" NewToOld "an object has entries of any name now",
        "release the side that receives them first";
    MapRemoved "MAP_REMOVED" OldToNew "an object no longer has entries of any name",
        "keep accepting them until no program that sends them is left";
    MapKeysChanged "MAP_KEYS_CHANGED" Both "the keys of a map are different",
        "add a member with another name, and keep this one for programs that know it";
    DenyUnknownAdded "DENY_UNKNOWN_ADDED" OldToNew "members that are not known are refused now",
        "omit `deny_unknown_fields`: old programs may send members that have been removed";
    DenyUnknownRemoved "DENY_UNKNOWN_REMOVED" Nobody "members that are not known are ignored now", "";
    TypeRenamed "TYPE_RENAMED" Nobody "the same values have a type of another name", "";
    DefaultChanged "DEFAULT_CHANGED" Nobody "an absent member has another default", "";
    DeprecationChanged "DEPRECATION_CHANGED" Nobody "something is deprecated, or no longer is", "";
    DocsChanged "DOCS_CHANGED" Nobody "its documentation has changed", "";
    Undecided "UNDECIDED" Both "something changed, and nobody can tell what it means",
        "compare the two by hand, or change it in smaller steps";
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id())
    }
}
