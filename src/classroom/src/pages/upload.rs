//! An answer that is sent as a file: one part of a form (RFC 7578), of a bounded size, held in memory for as long as it is marked.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use multer::Multipart;

/// The largest file that the page takes; a right answer has some ten thousand rows. The command line takes more.
pub(super) const LARGEST: usize = 4 << 20;
/// What stands around the file in its form.
const AROUND: usize = 64 << 10;
/// A form that is too large is read away up to this size: a browser that still writes when the connection is closed shows a reset
/// instead of the page that says why.
const READ_AWAY: usize = 16 << 20;

/// The form's only part, and the field of the page.
pub(super) const FIELD: &str = "file";

#[derive(Debug, thiserror::Error)]
pub(super) enum UploadError {
    #[error("the form can't be read: {0}")]
    Form(#[from] multer::Error),
    #[error("the connection ended before the file did")]
    Broken(#[from] axum::Error),
    #[error("no file was chosen")]
    NoFile,
    #[error("the file is larger than {} MiB; `de-shop grade` takes larger ones", LARGEST >> 20)]
    Large,
}

impl UploadError {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Form(_) | Self::Broken(_) | Self::NoFile => StatusCode::BAD_REQUEST,
        }
    }
}

/// The file's bytes. Its name and type are not asked for: what it is, its own bytes say.
pub(super) async fn file_of(headers: &HeaderMap, body: Body) -> Result<Bytes, UploadError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default())?;
    let whole = whole(body).await?;
    let mut form = Multipart::new(stream::iter([Ok::<_, axum::Error>(whole)]), boundary);
    while let Some(field) = form.next_field().await? {
        if field.name() != Some(FIELD) {
            continue;
        }
        let file = field.bytes().await?;
        return match file.len() {
            // Browsers send an empty part when nothing was chosen.
            0 => Err(UploadError::NoFile),
            length if length > LARGEST => Err(UploadError::Large),
            _ => Ok(file),
        };
    }
    Err(UploadError::NoFile)
}

async fn whole(body: Body) -> Result<Bytes, UploadError> {
    let (mut whole, mut length) = (BytesMut::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        length += chunk.len();
        if length <= LARGEST + AROUND {
            whole.extend_from_slice(&chunk);
        } else {
            whole = BytesMut::new();
        }
        if length > READ_AWAY {
            break;
        }
    }
    if length > LARGEST + AROUND {
        return Err(UploadError::Large);
    }
    Ok(whole.freeze())
}
