//! Implementations for tuples, of which each element is one enum of events.

/// Calls a macro for tuples of 1 to 16 elements, 16 being the most enums that one direction of a contract may have. Each
/// element comes as its place, a name for its enum, and a name for that enum's state.
macro_rules! each_tuple {
    ($tuple:ident) => {
        each_tuple!(@grow $tuple []
            0 A StateA, 1 B StateB, 2 C StateC, 3 D StateD, 4 E StateE, 5 F StateF, 6 G StateG, 7 H StateH,
            8 I StateI, 9 J StateJ, 10 K StateK, 11 L StateL, 12 M StateM, 13 N StateN, 14 O StateO, 15 P StateP,
        );
    };
    (@grow $tuple:ident [$($taken:tt)*]) => {};
    (@grow $tuple:ident [$($taken:tt)*] $place:literal $name:ident $state:ident, $($rest:tt)*) => {
        $tuple!($($taken)* $place $name $state,);
        each_tuple!(@grow $tuple [$($taken)* $place $name $state,] $($rest)*);
    };
}
