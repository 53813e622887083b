//! Closed sets of words, and types that are written as their text.

/// Declares an enum whose every variant has a word, with `ALL` of them in the order of the list, and
/// the way from one to its word under the name that stands behind `as`.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident as $word_of:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        $visibility enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every one, in the order of the list.
            $visibility const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word.
            $visibility const fn $word_of(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

/// Lets serde read and write a type as the text that it is parsed from and displayed as.
macro_rules! as_text {
    ($name:ident, $error:ty) => {
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}

/// The same for a type that holds its text, with the ways to it.
macro_rules! holds_text {
    ($name:ident, $error:ty) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::term::word::as_text!($name, $error);
    };
}
pub(super) use {as_text, holds_text};
