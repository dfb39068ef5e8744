//! Writes `schemas/generated` and `schemas/FIELDS.md`: `cargo run -p schemas --bin generate`.

use std::path::Path;

use schemas::{EventType, generate, reference};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    std::fs::create_dir_all(&folder)?;
    for event_type in EventType::ALL {
        std::fs::write(
            folder.join(format!("{}.json", event_type.name())),
            generate::file_text(event_type),
        )?;
    }
    std::fs::write(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("FIELDS.md"),
        reference::markdown(),
    )?;
    println!("{} schemas and FIELDS.md written", EventType::ALL.len());
    Ok(())
}
