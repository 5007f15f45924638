//! A list of reasons becomes an enumeration.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $num:expr, $text:expr);* $(;)?) => {
        /// Why a transaction is refused. Ordered: cheaper and more basic reasons first.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        #[repr(u16)]
        pub enum RejectReason { $($(#[$doc])* $name = $num),* }

        impl RejectReason {
            /// All reasons, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable machine name, e.g. `OUTPUT_SPENT`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The reason with this number.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($num => Some(Self::$name),)* _ => None }
            }
        }
    };
}
