//! An answer that is sent, as a file or pasted: one part of a form (RFC 7578), of a bounded size, held in memory for as long as it is
//! marked.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use multer::Multipart;

/// The largest answer that the page takes; a right answer has some ten thousand rows. The command line takes more.
pub(super) const LARGEST: usize = 4 << 20;
/// What stands around the answer in its form.
const AROUND: usize = 64 << 10;
/// A form that is too large is read away up to this size: a browser that still writes when the connection is closed shows a reset
/// instead of the page that says why.
const READ_AWAY: usize = 16 << 20;

/// The page's two forms have one part each: a file, or what was pasted.
pub(super) const FILE: &str = "file";
pub(super) const TEXT: &str = "answer";

#[derive(Debug, thiserror::Error)]
pub(super) enum UploadError {
    #[error("the form can't be read: {0}")]
    Form(#[from] multer::Error),
    #[error("the connection ended before the answer did")]
    Broken(#[from] axum::Error),
    #[error("no file was chosen")]
    NoFile,
    #[error("the answer is larger than {} MiB; `de-shop grade` takes larger ones", LARGEST >> 20)]
    Large,
}

impl UploadError {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Form(_) | Self::Broken(_) | Self::NoFile => StatusCode::BAD_REQUEST,
        }
    }

    /// The error in `ko` or `en`; what a parser says is as it says it.
    pub(super) fn in_language(&self, language: &str) -> String {
        match self {
            _ if language != "ko" => self.to_string(),
            Self::Form(error) => format!("양식을 읽을 수 없어요: {error}"),
            Self::Broken(_) => "답이 끝나기 전에 연결이 끊겼어요.".to_owned(),
            Self::NoFile => "파일을 고르지 않았어요.".to_owned(),
            Self::Large => {
                let mebibytes = LARGEST >> 20;
                format!("답이 {mebibytes} MiB보다 커요. 더 큰 답은 `de-shop grade`로 채점해 주세요.")
            }
        }
    }
}

/// The answer's bytes. A file's name and type are not asked for: what it is, its own bytes say.
pub(super) async fn answer_of(headers: &HeaderMap, body: Body) -> Result<Bytes, UploadError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default())?;
    let whole = whole(body).await?;
    let mut form = Multipart::new(stream::iter([Ok::<_, axum::Error>(whole)]), boundary);
    while let Some(field) = form.next_field().await? {
        let is_given = match field.name() {
            Some(TEXT) => true,
            // Browsers send an empty part without a file's name when nothing was chosen; a file that was chosen may be empty, too.
            Some(FILE) => field.file_name().is_some_and(|name| !name.is_empty()),
            _ => continue,
        };
        let answer = field.bytes().await?;
        return match answer.len() {
            0 if !is_given => Err(UploadError::NoFile),
            length if length > LARGEST => Err(UploadError::Large),
            _ => Ok(answer),
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
