use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A visitor was shown a variant of an experiment: one for each page view that showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure<'a> {
    /// The experiment's name.
    #[serde(borrow)]
    pub experiment: Cow<'a, str>,
    /// The variant that was shown.
    #[serde(borrow)]
    pub variant: Cow<'a, str>,
    /// It was shown because of a link for testing, and not by chance: leave it out of analyses. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<bool>,
}
