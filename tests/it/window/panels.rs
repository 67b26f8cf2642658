//! The panels of a run, driven by role and label.

mod candidate_pictures;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use autogan::arch::Genotype;
use autogan::config::RunConfig;
use autogan::engine::JobSpec;
use autogan::run::{RunFolder, RunInfo};
use autogan::search::{Curve, SearchEvent};
use eframe::egui::{Color32, Key, Modifiers, Pos2, Rect, Role, Shape, Vec2};
use egui_kittest::kittest::{NodeT, Queryable, by};

use crate::runs::sample_server::finished_run;
use crate::window::{PATIENCE, SIZE, Window, long_run};

/// Writes a run of these events into the new folder `dir`.
pub fn write(dir: &Path, job: &JobSpec, events: &[SearchEvent]) {
    let mut info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
    info.extra.insert("job".to_owned(), serde_json::to_value(job).unwrap());
    let mut folder = RunFolder::create(dir, &info, &RunConfig::default().to_toml().unwrap()).unwrap();
    events.iter().for_each(|event| folder.events.append(event).unwrap());
    folder.events.flush().unwrap();
}

/// Opens a run of 100,000 points and 500 candidates.
fn open_long_run(window: &mut Window) {
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    window.harness.remove_cursor();
    window.harness.run_steps(10);
}

/// All shapes of the newest frame.
fn shapes(window: &Window) -> Vec<Shape> {
    fn flat(shape: &Shape, all: &mut Vec<Shape>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| flat(shape, all)),
            shape => all.push(shape.clone()),
        }
    }
    let mut all = Vec::new();
    window.harness.output().shapes.iter().for_each(|clipped| flat(&clipped.shape, &mut all));
    all
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.shrink(0.5).intersect(b.shrink(0.5)).is_positive()
}

#[test]
fn curves_of_other_units_have_axes_of_their_own_and_their_names_cover_no_point() {
    let mut window = Window::new();
    let dir = window.folder.path().join("a run");
    let losses = ["winner/generator_loss", "winner/discriminator_loss", "winner/diversity"];
    let controller =
        ["reward", "baseline", "advantage", "entropy", "loss"].map(|name| format!("controller/{name}"));
    let names: Vec<String> = controller.into_iter().chain(losses.map(str::to_owned)).collect();
    let events: Vec<SearchEvent> = (0..50)
        .flat_map(|step| names.iter().map(move |name| (step, name.clone())))
        .map(|(step, name)| SearchEvent::Metric { curve: Curve::from(name), step, value: step as f64 })
        .collect();
    write(&dir, &JobSpec::Search, &events);
    window.harness.state_mut().open(&dir);
    window.alone("Curves");
    for (group, plots) in [
        ("Losses of winner", &[&["generator loss", "discriminator loss"][..], &["diversity"]][..]),
        ("Controller", &[&["reward", "baseline"], &["entropy"], &["advantage"], &["loss"]]),
    ] {
        window.until("a group", |harness| harness.query_by_role(Role::ComboBox).is_some());
        window.harness.get_by_role(Role::ComboBox).click();
        window.harness.run_steps(3);
        window.click(group);
        window.until(group, |harness| harness.query_by_value(group).is_some());
        let drawn: Vec<(String, Rect)> = window
            .harness
            .get_all_by_label_contains("Plot of ")
            .map(|plot| (plot.accesskit_node().label().unwrap(), plot.rect()))
            .collect();
        assert_eq!(drawn.len(), plots.len(), "{drawn:?}");
        let mut colors: Vec<Color32> = Vec::new();
        for names in plots {
            let is_of = |label: &str| {
                let found: Vec<&str> = label.trim_start_matches("Plot of ").split(", ").collect();
                found.len() == names.len() && names.iter().all(|name| found.contains(name))
            };
            let own = drawn
                .iter()
                .find(|(label, _)| is_of(label))
                .unwrap_or_else(|| panic!("{names:?}: {drawn:?}"));
            for name in *names {
                let entry = window.harness.get_by_role_and_label(Role::Button, name).rect();
                assert!(drawn.iter().all(|(_, plot)| !overlap(*plot, entry)), "{name} covers a plot");
                assert!(entry.bottom() <= own.1.top() + 1.0, "{name} is above its plot");
                colors.extend(shapes(&window).iter().find_map(|shape| match shape {
                    Shape::Circle(circle) if entry.contains(circle.center) => Some(circle.fill),
                    _ => None,
                }));
            }
            let others = drawn.iter().filter(|other| *other != own);
            assert!(others.into_iter().all(|(_, other)| !overlap(*other, own.1)), "{drawn:?}");
        }
        assert_eq!(colors.len(), plots.iter().map(|names| names.len()).sum::<usize>());
        colors.sort_by_key(|color| color.to_array());
        colors.dedup();
        assert_eq!(
            colors.len(),
            plots.iter().map(|names| names.len()).sum::<usize>(),
            "each has its own colour"
        );
    }
    window.click("entropy");
    assert!(window.harness.query_by_label("Plot of entropy").is_some(), "a hidden curve can be brought back");
}

#[test]
fn a_training_waits_for_nothing_that_never_comes_and_no_control_lies_over_another() {
    let mut window = Window::new();
    let dir = window.folder.path().join("a training");
    write(&dir, &JobSpec::Train(Genotype::autogan_a()), &[]);
    window.harness.state_mut().open(&dir);
    window.until_label("Only a search has candidates, and this run trains one architecture");
    window.until_label("Only a search has a controller, and this run trains one architecture");
    window.until_label("training one architecture");
    for never in ["Best", "Now", "Shift and click a candidate to compare", "Nothing yet"] {
        assert!(window.harness.query_by_label(never).is_none(), "{never}");
    }
    let vector = Genotype::autogan_a().to_string();
    for size in [SIZE, Vec2::new(1024.0, 640.0), Vec2::new(700.0, 450.0)] {
        window.harness.set_size(size);
        window.harness.run_steps(5);
        let labels = [
            "Trained from scratch",
            "Copy",
            "Train…",
            "Save drawing…",
            "Zoom out",
            "Fit",
            "Zoom in",
            vector.as_str(),
        ];
        let mut rects: Vec<(&str, Rect)> =
            labels.iter().map(|&label| (label, window.harness.get_by_label(label).rect())).collect();
        rects.push(("the costs", window.harness.get_by_label_contains("parameters").rect()));
        for (at, (one, a)) in rects.iter().enumerate() {
            for (other, b) in &rects[at + 1..] {
                assert!(!overlap(*a, *b), "{one} and {other} at {size}: {a} and {b}");
            }
        }
    }
}

#[test]
fn a_frame_of_an_animation_is_drawn_whole_where_it_is_large_and_in_the_strip() {
    let mut window = Window::drawn(SIZE);
    window.harness.state_mut().create(finished_run());
    window.click("Image of seed 1");
    window.harness.get_by_label("Image of seed 3").click_modifiers(Modifiers::COMMAND);
    window.harness.run_steps(3);
    window.click("Interpolate");
    window.until("all frames", |harness| {
        harness.query_by_label("Frame 1 of the animation").is_some()
            && harness.query_by_label_contains("frames are made").is_none()
    });
    window.harness.remove_cursor();
    window.harness.run_steps(4);
    let places =
        ["Frame 1 of the animation", "Frame 1"].map(|label| window.harness.get_by_label(label).rect());
    let picture = window.harness.render().unwrap();
    // The mean colours of the four quarters of a rectangle, without its outermost texels.
    let quarters = |rect: Rect| {
        let rect = rect.shrink(rect.width() / 16.0);
        [
            rect.min,
            Pos2::new(rect.center().x, rect.min.y),
            Pos2::new(rect.min.x, rect.center().y),
            rect.center(),
        ]
        .map(|corner| {
            let quarter = Rect::from_min_size(corner, rect.size() / 2.0);
            let (mut sum, mut count) = ([0.0; 3], 0.0);
            for y in quarter.min.y as u32..quarter.max.y as u32 {
                for x in quarter.min.x as u32..quarter.max.x as u32 {
                    let color = picture.get_pixel(x, y).0;
                    (0..3).for_each(|channel| sum[channel] += f64::from(color[channel]));
                    count += 1.0;
                }
            }
            sum.map(|sum| sum / count)
        })
    };
    let [large, small] = places.map(quarters);
    let apart = large.iter().flatten().zip(small.iter().flatten()).map(|(a, b)| (a - b).abs());
    // What is behind images is darker by more than that.
    assert!(apart.fold(0.0, f64::max) < 25.0, "{large:?}\n{small:?}");
}

#[test]
fn the_rows_of_a_grid_of_images_are_full() {
    let mut window = Window::new();
    window.harness.state_mut().create(finished_run());
    window.until("images", |harness| harness.query_by_label("Image of seed 5").is_some());
    let mut were_wide = Vec::new();
    for size in [SIZE, Vec2::new(1000.0, 940.0), Vec2::new(1600.0, 700.0)] {
        window.harness.set_size(size);
        window.harness.run_steps(5);
        let mut rows: Vec<(i32, usize)> = Vec::new();
        for image in window.harness.get_all_by_label_contains("Image of seed ") {
            let top = image.rect().top().round() as i32;
            match rows.iter_mut().find(|(other, _)| *other == top) {
                Some((_, count)) => *count += 1,
                None => rows.push((top, 1)),
            }
        }
        assert!(rows.len() > 1 && rows.iter().all(|(_, count)| *count == rows[0].1), "{size}: {rows:?}");
        were_wide.push(rows[0].1);
    }
    assert!(were_wide.iter().any(|&columns| columns != were_wide[0]), "{were_wide:?}");
}

#[test]
fn a_checkpoint_is_said_to_be_saved_and_lines_of_the_log_have_times() {
    let mut window = Window::new();
    window.long_search();
    window.click("Save a checkpoint");
    let saved = "Checkpoint saved: the run can go on from here";
    window.until(saved, |harness| harness.query_by_label_contains(saved).is_some());
    window.click("Log");
    // One line that the run keeps, and one that passes.
    for part in ["raining the", "Checkpoint saved"] {
        window.filter_log(part);
        let is_timed = |line: &str| {
            let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let time = line.split("  ").next().unwrap();
            time.split(':').count() == 3 && time.split(':').all(digits)
        };
        window.until(part, |harness| {
            let lines = harness.query_all_by_label_contains(part);
            let texts = lines.filter_map(|line| {
                let line = line.accesskit_node();
                line.label().or(line.value())
            });
            texts.into_iter().any(|line| is_timed(&line))
        });
    }
    window.click("Stop");
    window.until_label("Stopped");
}

#[test]
fn a_run_that_goes_on_is_drawn_a_few_times_a_second() {
    let mut window = Window::new();
    window.long_search();
    window.harness.remove_cursor();
    window.harness.run_steps(30);
    // Drawn from now on when the window asks for it, as on a screen.
    let due = Arc::new(Mutex::new(Some(Instant::now())));
    let asked = due.clone();
    window.harness.ctx.set_request_repaint_callback(move |info| {
        let at = Instant::now() + info.delay.min(PATIENCE);
        let mut due = asked.lock().unwrap();
        *due = Some(due.map_or(at, |due| due.min(at)));
    });
    let mut drawn_for = |seconds: f64| {
        let (begun, mut frames) = (Instant::now(), 0);
        while begun.elapsed().as_secs_f64() < seconds {
            let is_due = due.lock().unwrap().take_if(|due| *due <= Instant::now()).is_some();
            if is_due {
                window.harness.step();
                frames += 1;
            } else {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        f64::from(frames) / seconds
    };
    // Until nobody has used it for a while.
    drawn_for(3.0);
    let frames = drawn_for(5.0);
    assert!(
        frames < 3.0,
        "{frames} frames a second, the last because of {:?}",
        window.harness.ctx.repaint_causes()
    );
    assert!(frames > 1.0, "what comes is shown: {frames} frames a second");
    window.click("Stop");
    window.until_label("Stopped");
}

#[test]
fn the_keyboard_is_seen_at_every_heading_and_row_of_the_candidates() {
    let mut window = Window::new();
    open_long_run(&mut window);
    window.alone("Candidates");
    window.harness.run_steps(5);
    let top = window.harness.get_by_label_contains("No.").rect().top();
    let scrubber = window.harness.get_by_label("Moment of the run").rect().top();
    let mut stops: Vec<String> = Vec::new();
    for _ in 0..60 {
        window.harness.key_press(Key::Tab);
        window.harness.run_steps(3);
        let focused = by().predicate(|node| node.is_focused());
        let Some(stop) = window.harness.query_all(focused).next() else { continue };
        let (name, rect) = (stop.accesskit_node().label().unwrap_or_default(), stop.rect());
        if rect.top() < top - 2.0 || rect.bottom() > scrubber || name.is_empty() || stops.contains(&name) {
            continue;
        }
        let strokes = shapes(&window).into_iter().filter_map(|shape| match shape {
            Shape::Rect(ring) => {
                (ring.stroke.width >= 1.0 && ring.stroke.color.a() > 100).then_some(ring.rect)
            }
            _ => None,
        });
        let strokes: Vec<Rect> = strokes.collect();
        let is_ring =
            |ring: &Rect| ring.expand(3.0).contains_rect(rect) && ring.height() <= rect.height() + 14.0;
        assert!(strokes.iter().any(is_ring), "{name} has no ring at {rect}: {strokes:?}");
        stops.push(name);
        if stops.len() == 12 {
            break;
        }
    }
    let rows: Vec<&String> = stops.iter().filter(|name| name.starts_with("Candidate ")).collect();
    assert_eq!(stops.len() - rows.len(), 7, "the headings: {stops:?}");
    for (row, id) in rows.iter().zip((0..500).rev()) {
        assert!(row.starts_with(&format!("Candidate {id}: ")), "each row is one stop: {stops:?}");
    }
    let last = rows[rows.len() - 1].clone();
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    window.alone("Architecture");
    let vector = last.split(": ").nth(1).unwrap();
    window.until("the candidate", |harness| {
        harness.query_by_label(&format!("Drawing of the generator {vector}")).is_some()
    });
}

#[test]
fn three_cells_are_seen_as_a_whole_with_letters_that_can_be_read_and_can_be_zoomed_and_moved() {
    let mut window = Window::new();
    window.harness.set_size(Vec2::new(1440.0, 900.0));
    open_long_run(&mut window);
    let drawing = |window: &Window| window.harness.get_by_label_contains("Drawing of the generator").rect();
    let whole = drawing(&window);
    let beside = window.harness.get_by_label("Candidates").rect().left();
    let below = window.harness.get_by_label("Moment of the run").rect().top();
    assert!(whole.left() >= 0.0 && whole.right() <= beside && whole.bottom() <= below, "{whole}");
    assert!(whole.width() > 400.0, "{whole}");
    let letters = |window: &Window| {
        let within = drawing(window);
        let sizes: Vec<f32> = shapes(window)
            .iter()
            .filter_map(|shape| match shape {
                Shape::Text(text) if within.contains(text.pos) => Some(&text.galley.job.sections),
                _ => None,
            })
            .flatten()
            .map(|section| section.format.font_id.size)
            .collect();
        assert!(sizes.len() > 20, "{sizes:?}");
        sizes.into_iter().fold(f32::INFINITY, f32::min)
    };
    assert!(letters(&window) >= 11.0, "{}", letters(&window));
    window.click("Zoom in");
    window.click("Zoom in");
    window.harness.run_steps(5);
    let larger = drawing(&window);
    assert!(larger.width() > 1.4 * whole.width(), "{larger} of {whole}");
    // By the pointer,
    let from = Pos2::new(whole.center().x, whole.center().y);
    let moved = |window: &mut Window, to: Pos2| {
        window.harness.hover_at(from);
        window.harness.drag_at(from);
        window.harness.run_steps(2);
        window.harness.hover_at(to);
        window.harness.run_steps(3);
        window.harness.drop_at(to);
        window.harness.run_steps(10);
        drawing(window)
    };
    let pulled = moved(&mut window, from - Vec2::new(60.0, 0.0));
    assert!(pulled.left() < larger.left() - 40.0, "{pulled} was {larger}");
    // by the keyboard,
    let name =
        window.harness.get_by_label_contains("Drawing of the generator").accesskit_node().label().unwrap();
    window.harness.get_by_label(&name).focus();
    window.harness.run_steps(3);
    window.harness.key_press(Key::ArrowLeft);
    window.harness.run_steps(10);
    let back = drawing(&window);
    assert!(back.left() > pulled.left() + 20.0, "{back} was {pulled}");
    // and as a whole again.
    window.click("Fit");
    window.harness.run_steps(5);
    assert!((drawing(&window).width() - whole.width()).abs() < 1.0);
}

#[test]
fn scroll_bars_are_seen_where_no_pointer_is() {
    let mut window = Window::new();
    open_long_run(&mut window);
    // A thin, long rectangle.
    let bars = |window: &Window, within: Rect, vertical: bool| {
        let is_bar = |shape: &Shape| match shape {
            Shape::Rect(bar) => {
                let (long, thin) = if vertical {
                    (bar.rect.height(), bar.rect.width())
                } else {
                    (bar.rect.width(), bar.rect.height())
                };
                within.contains_rect(bar.rect)
                    && (1.0..=8.0).contains(&thin)
                    && long > 10.0
                    && bar.fill.a() > 100
            }
            _ => false,
        };
        shapes(window).iter().any(is_bar)
    };
    let (left, top) = {
        let title = window.harness.get_by_label("Candidates").rect();
        (title.left() - 10.0, title.bottom() + 60.0)
    };
    let right = window.harness.get_by_label("Controller").rect().left();
    let bottom = window.harness.get_by_label("Moment of the run").rect().top();
    let panel = Rect::from_min_max(Pos2::new(left, top), Pos2::new(right, bottom));
    assert!(bars(&window, panel, false), "its columns are cut off, and a bar says so");
    window.alone("Candidates");
    window.harness.remove_cursor();
    window.harness.run_steps(30);
    let edge = Rect::from_min_max(Pos2::new(SIZE.x - 20.0, 60.0), Pos2::new(SIZE.x, SIZE.y));
    assert!(bars(&window, edge, true), "there are more rows, and a bar says so");
}
