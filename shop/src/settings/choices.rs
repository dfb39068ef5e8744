//! What single settings may be.

use std::str::FromStr;

use axum::http::HeaderName;
use clap::ValueEnum;

/// A header in which a proxy says for whom it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ForwardedHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
    XRealIp,
}

impl ForwardedHeader {
    #[must_use]
    pub const fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => HeaderName::from_static("forwarded"),
            Self::XRealIp => HeaderName::from_static("x-real-ip"),
        }
    }
}

/// Which `request` events are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RequestDetail {
    /// One event when the request has been answered.
    Finished,
    /// One event when it begins and one when it has been answered.
    Both,
}

/// From which level on lines are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    #[must_use]
    pub const fn tracing(self) -> tracing::Level {
        match self {
            Self::Trace => tracing::Level::TRACE,
            Self::Debug => tracing::Level::DEBUG,
            Self::Info => tracing::Level::INFO,
            Self::Warn => tracing::Level::WARN,
            Self::Error => tracing::Level::ERROR,
        }
    }

    /// The same level in the words of an event.
    #[must_use]
    pub const fn of_events(self) -> schemas::record::Level {
        match self {
            Self::Trace => schemas::record::Level::Trace,
            Self::Debug => schemas::record::Level::Debug,
            Self::Info => schemas::record::Level::Info,
            Self::Warn => schemas::record::Level::Warning,
            Self::Error => schemas::record::Level::Error,
        }
    }
}

/// `key=value` for librdkafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSetting {
    pub key: String,
    pub value: String,
}

impl FromStr for KafkaSetting {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self {
                key: key.trim().to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("is not KEY=VALUE"),
        }
    }
}
