//! Enumerations as words: in files, on the command line, in messages.

/// Gives an enumeration its words: `FromStr`, `Display`, `Serialize` and `Deserialize` from one table.
macro_rules! keywords {
    ($type:ty, $what:literal, { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(name: &str) -> $crate::Result<Self> {
                $crate::optimizer::stage::named($what, name, &[$(($word, Self::$variant)),+])
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),+ })
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        $crate::optimizer::keywords::keyword!($type);
    };
}

/// `Deserialize` by `FromStr`.
macro_rules! keyword {
    ($type:ty) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <String as serde::Deserialize>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {keyword, keywords};
