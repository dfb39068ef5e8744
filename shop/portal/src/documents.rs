//! The documents for machines, made by the running program: they say what its own types and settings say.

mod asyncapi;
mod contract;
mod drift;
mod llms;
mod schemas_of_types;

use std::time::Duration;

pub use self::drift::{Live, differences};
pub use self::schemas_of_types::schema;
use crate::Portal;

/// What the documents are told beside the types.
#[derive(Debug, Clone)]
pub struct Setting {
    /// `HOST:PORT,..`
    pub bootstrap: String,
    /// Without a slash at the end.
    pub public_url: String,
    pub partitions: i32,
    pub retention: Duration,
}

/// The AsyncAPI document, and as it is written.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) document: serde_json::Value,
    yaml: String,
}

/// The AsyncAPI document.
#[must_use]
pub fn asyncapi(setting: &Setting) -> serde_json::Value {
    asyncapi::document(setting)
}

/// The data contract of the table.
#[must_use]
pub fn contract(setting: &Setting) -> serde_json::Value {
    contract::document(setting)
}

impl Portal {
    pub(crate) fn setting(&self) -> Setting {
        Setting {
            bootstrap: self.0.bootstrap.clone(),
            public_url: self.0.public_url.clone(),
            partitions: self.0.partitions,
            retention: self.0.retention,
        }
    }

    /// `/data/asyncapi.yaml`
    #[must_use]
    pub fn asyncapi(&self) -> String {
        self.described().yaml.clone()
    }

    pub(crate) fn described(&self) -> &Described {
        self.0.described.get_or_init(|| {
            let document = asyncapi(&self.setting());
            let yaml = yaml(&document);
            Described { document, yaml }
        })
    }

    /// `/data/contract.yaml`
    #[must_use]
    pub fn contract(&self) -> String {
        yaml(&contract::document(&self.setting()))
    }

    /// `/llms.txt`
    #[must_use]
    pub fn llms(&self) -> String {
        llms::text(&self.setting())
    }
}

/// JSON is YAML as well: what can't be written more kindly goes out as it is.
fn yaml(document: &serde_json::Value) -> String {
    serde_norway::to_string(document).unwrap_or_else(|_| document.to_string())
}
