//! `autogan data`: a look at images before a run, and public data sets.

use std::io::{Cursor, IsTerminal};

use image::ImageFormat;
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::bring_inception;
use crate::arch::words::{quoted, thousands};
use crate::cli::WrongCall;
use crate::cli::args::{CheckArgs, FetchArgs, Fetched, ScorerArgs};
use crate::cli::table::mebibytes;
use crate::cli::terminal::print_line;
use crate::data::fetch::{self, DownloadProgress};
use crate::data::{self, DataConfig, LoadOptions, Report, Source, contact_sheet};
use crate::device::cache_dir;
use crate::metric::extractor::train_toys;
use crate::run::write_file;

/// Files that are left out which are listed for people.
const LISTED: usize = 20;
/// Columns and rows of a contact sheet.
const SHEET: (usize, usize) = (16, 8);

/// `autogan data check`: loads images as a run would.
pub(super) fn check(args: &CheckArgs) -> anyhow::Result<()> {
    let source: Source = args.source.parse()?;
    if let Some(sheet) = &args.sheet
        && sheet.extension().is_none_or(|extension| extension != "png")
    {
        let sheet = sheet.display();
        return Err(WrongCall(format!("--sheet {sheet} is no PNG file; give it the ending .png")).into());
    }
    let bar = bar(args.json, "{bar:30} {pos}/{len} images");
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let mut options: LoadOptions<'_> = DataConfig::default().options(args.size, args.split());
    options.progress = &progress;
    let loaded = data::load(&source, &options);
    bar.finish_and_clear();
    let loaded = loaded?;
    if args.json {
        print_line(&serde_json::to_string(&loaded.report)?)
    } else {
        words(&loaded.report).iter().for_each(|line| print_line(line))
    }
    if let Some(path) = &args.sheet {
        let mut png = Cursor::new(Vec::new());
        contact_sheet(&loaded.set, SHEET.0, SHEET.1).write_to(&mut png, ImageFormat::Png)?;
        write_file(path, png.get_ref())?;
    }
    Ok(())
}

/// `autogan data scorer`: trains `toys-v1` again and says how well it knows the test toys.
pub(super) fn scorer(args: &ScorerArgs) -> anyhow::Result<()> {
    let bar = bar(args.json, "{bar:30} {pos}/{len} steps, {eta} left");
    let trained = train_toys(&mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let (bytes, card) = trained?;
    write_file(&args.out, &bytes)?;
    print_line(&if args.json {
        serde_json::to_string(&card)?
    } else {
        format!(
            "{:.2} % of {} test toys are named correctly; weights in {}",
            100.0 * card.accuracy,
            thousands(card.test_images as u64),
            args.out.display()
        )
    });
    Ok(())
}

/// `autogan data fetch`: downloads a data set.
pub(super) fn fetch(args: &FetchArgs) -> anyhow::Result<()> {
    let bar = bar(args.json, "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {eta} left  {wide_msg}");
    let mut show = |progress: DownloadProgress| {
        bar.set_message(progress.file.to_owned());
        bar.set_length(progress.total.unwrap_or(progress.done));
        bar.set_position(progress.done);
    };
    let mirror = args.mirror.as_deref();
    let dataset = match args.what {
        Fetched::Dataset(dataset) => dataset,
        Fetched::Inception => {
            let kept = bring_inception(&cache_dir()?, args.to.as_deref(), mirror, &mut show);
            bar.finish_and_clear();
            let kept = kept?;
            print_line(&if args.json {
                serde_json::json!({ "weights": kept }).to_string()
            } else {
                "Ready: use it with autogan score --extractor inception, or with --set \
                  score.extractor=inception in a search"
                    .to_owned()
            });
            return Ok(());
        }
    };
    let to = args.to.as_deref().ok_or_else(|| WrongCall("--to names no folder for the files".to_owned()))?;
    let source = fetch::fetch(dataset, to, mirror, &mut show);
    bar.finish_and_clear();
    let source = source?;
    if args.json {
        print_line(&serde_json::json!({ "source": source.to_string() }).to_string())
    } else {
        print_line(&format!("Ready: use it with --data {}", quoted(&source.to_string())))
    }
    Ok(())
}

/// A bar on standard error, which nobody sees where that is no terminal.
fn bar(json: bool, template: &str) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|e| unreachable!("the template is constant: {e}"));
    ProgressBar::new(0).with_style(style)
}

/// The report line by line.
fn words(report: &Report) -> Vec<String> {
    let count = |count: usize| thousands(count as u64);
    let mut lines = vec![
        format!("Source    {}, {} images", report.source, report.split),
        format!("Images    {}", report.counts()),
    ];
    lines.extend(report.sizes.iter().map(|sizes| format!("Sizes     {sizes}")));
    lines.push(format!("Memory    {} at {1} x {1}", mebibytes(report.bytes), report.side));
    lines.push(match report.classes.len() {
        0 => "Classes   none: the images have no labels".to_owned(),
        classes => {
            format!("Classes   {}: {}", count(classes), report.listed_classes().join(", "))
        }
    });
    lines.extend(report.notes.iter().map(|note| format!("Note      {note}")));
    if !report.skipped.is_empty() {
        lines.push("Left out".to_owned());
        let listed = report.skipped.iter().take(LISTED);
        lines.extend(listed.map(|file| format!("  {file}")));
        if report.skipped.len() > LISTED {
            let more = count(report.skipped.len() - LISTED);
            lines.push(format!("  and {more} more; --json lists all"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{ClassCount, Reason, Sizes, Skipped, Split};
    use std::fs;

    fn report(skipped: usize) -> Report {
        let file = |i| Skipped {
            path: format!("f{i}").into(),
            kind: Reason::UnknownFormat,
            reason: "not an image".into(),
        };
        Report {
            source: "pictures".into(),
            split: Split::Train,
            side: 32,
            found: 12_000 + skipped,
            used: 12_000,
            skipped: (0..skipped).map(file).collect(),
            sizes: Some(Sizes {
                smallest: [8, 9],
                largest: [100, 90],
                most_common: [64, 64],
                most_common_count: 1_000,
            }),
            classes: vec![ClassCount { name: "cat".into(), count: 12_000 }],
            bytes: 12_000 * 3_072,
            notes: vec!["a note".into()],
        }
    }

    #[test]
    fn a_report_is_printed_in_full() {
        assert_eq!(
            words(&report(1)),
            [
                "Source    pictures, train images",
                "Images    12,000 of 12,001 found are used, 1 is left out: 1 not an image in one of the \
                 formats png, jpeg, gif, bmp, webp, tiff (f0)",
                "Sizes     from 8 x 9 to 100 x 90, most often 64 x 64 (1,000 images)",
                "Memory    35.2 MiB at 32 x 32",
                "Classes   1: cat (12,000)",
                "Note      a note",
                "Left out",
                "  f0: not an image",
            ]
        );
    }

    #[test]
    fn where_all_sizes_differ_none_is_the_most_frequent() {
        let mut report = report(0);
        let sizes = report.sizes.take().unwrap();
        report.sizes = Some(Sizes { most_common: sizes.smallest, most_common_count: 1, ..sizes });
        assert!(words(&report).contains(&"Sizes     from 8 x 9 to 100 x 90".to_owned()));
    }

    #[test]
    fn of_many_files_that_are_left_out_the_first_are_listed() {
        let words = words(&report(25));
        assert_eq!(words.iter().filter(|line| line.starts_with("  f")).count(), LISTED);
        assert_eq!(words.last().unwrap(), "  and 5 more; --json lists all");
    }

    #[test]
    fn a_sheet_is_written_only_where_it_was_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let image = image::RgbImage::from_pixel(9, 9, image::Rgb([200, 10, 10]));
        let pictures = dir.path().join("pictures");
        fs::create_dir(&pictures).unwrap();
        image.save(pictures.join("a.png")).unwrap();
        let mut args = CheckArgs {
            source: pictures.display().to_string(),
            size: 8,
            test: false,
            sheet: None,
            json: true,
        };
        check(&args).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        args.sheet = Some(dir.path().join("sheet.jpg"));
        assert!(check(&args).unwrap_err().is::<WrongCall>());
        let path = dir.path().join("sheet.png");
        args.sheet = Some(path.clone());
        check(&args).unwrap();
        let sheet = image::open(&path).unwrap().into_rgb8();
        assert_eq!(sheet.get_pixel(4, 4).0, [200, 10, 10]);
    }
}
