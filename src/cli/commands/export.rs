//! `autogan export`: what a run found, for other programs.

use super::runs::found;
use crate::app::export_model;
use crate::cli::args::ExportArgs;
use crate::cli::terminal::print_line;

/// Runs the command.
pub(super) fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let options = args.which.options()?;
    let exported = export_model(&found(&args.from), &options, &args.to, args.only.as_deref(), args.force)?;
    if args.json {
        print_line(&serde_json::to_string(&exported)?);
        return Ok(());
    }
    exported.notes.iter().for_each(|note| eprintln!("{}: {note}", args.from.display()));
    for file in &exported.files {
        print_line(&exported.dir.join(file).display().to_string());
    }
    for left_out in &exported.left_out {
        print_line(&format!("Left out {}: {}", left_out.part, left_out.reason));
    }
    exported.warnings.iter().for_each(|warning| print_line(&format!("Warning: {warning}")));
    Ok(())
}
