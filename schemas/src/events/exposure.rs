use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A visitor was shown a variant of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure<'a> {
    #[serde(borrow)]
    pub experiment: Cow<'a, str>,
    #[serde(borrow)]
    pub variant: Cow<'a, str>,
}
