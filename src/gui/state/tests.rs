#![allow(clippy::unwrap_used)]
use super::*;
use crate::gan::Network;
use crate::search::{Activity, GanId, GeneratorStep, SampleSource, TrainingId};

const LOSS: Curve = Curve::Loss { gan: GanId::Shared, network: Network::Generator };

fn metric(step: u64) -> LogEvent {
    SearchEvent::Metric { curve: LOSS, step, value: 1.5 }.into()
}

fn phase(activity: Activity) -> LogEvent {
    SearchEvent::Phase { activity, cells: 2, iteration: 0 }.into()
}

#[test]
fn kept_events_make_the_time_axis_and_passing_ones_do_not() {
    let mut state = RunState::default();
    state.log_event(phase(Activity::Shared));
    state.log_event(metric(0));
    state.live_event(LiveEvent::Progress { done: 0.1, eta_seconds: None, speed: Some(2.0) });
    state.worker_event(metric(1).into());
    state.log_event(phase(Activity::Control));
    assert_eq!(state.event_index, 3);
    assert_eq!(state.series[&LOSS].points(), [[0.0, 1.5]]);
    assert_eq!(state.phase_at(2).unwrap().activity, Activity::Shared);
    assert_eq!(state.phase_at(3).unwrap().activity, Activity::Control);
    assert!(state.phase_at(0).is_none());
}

#[test]
fn a_run_that_went_back_is_read_anew_and_stays_live() {
    let mut state = RunState::default();
    state.live_event(LiveEvent::Started { dir: "x".into(), device: "cpu".into(), seed: 1, resumed: false });
    state.log_event(metric(0));
    state.begin_anew();
    assert_eq!((state.event_index, state.status.clone()), (0, Status::Running));
    assert!(state.series.is_empty() && state.device.is_some());
}

#[test]
fn lines_that_were_seen_to_come_keep_their_time_where_the_folder_is_read_anew() {
    let mut state = RunState::default();
    state.log_event(phase(Activity::Shared));
    state.log_event_now(metric(0));
    state.log_event_now(phase(Activity::Control));
    let times = |state: &RunState| state.log.iter().map(|line| line.time).collect::<Vec<_>>();
    let before = times(&state);
    assert!(before[0].is_none() && before[1].is_some(), "{before:?}");
    state.begin_anew();
    for event in [phase(Activity::Shared), metric(0), phase(Activity::Control)] {
        state.log_event(event);
    }
    assert_eq!(times(&state), before);
}

#[test]
fn a_checkpoint_is_only_reported_where_it_was_asked_for() {
    let mut state = RunState::default();
    let saved = |tick| LiveEvent::CheckpointSaved { tick: Tick(tick) };
    state.live_event(saved(1));
    assert_eq!(state.saved_checkpoint, None);
    state.wants_checkpoint = true;
    state.live_event(saved(2));
    assert_eq!((state.saved_checkpoint, state.wants_checkpoint), (Some(Tick(2)), false));
}

#[test]
fn a_training_says_what_it_does_before_its_first_step() {
    let job = |job| RunState { job: Some(job), config: Some(RunConfig::default()), ..RunState::default() };
    assert_eq!(job(JobSpec::Search).doing_at(0), None);
    let genotype = Genotype::parse("1 0 1 1").unwrap();
    let mut state = job(JobSpec::Train(genotype.clone()));
    assert_eq!(state.single_genotype(), Some(&genotype));
    assert_eq!(state.doing_at(0).unwrap(), "training one architecture");
    let config = state.config.clone().unwrap();
    let curve = Curve::Loss { gan: GanId::Training(TrainingId::Single), network: Network::Generator };
    let step = 3 * config.recipe.n_critic;
    state.log_event(SearchEvent::Metric { curve, step, value: 1.0 }.into());
    let expected = format!("training one architecture, step 3 of {}", config.winner.steps);
    assert_eq!(state.doing_at(1).unwrap(), expected);
    assert_eq!(state.doing_at(0).unwrap(), "training one architecture");
}

#[test]
fn what_passed_stays_in_the_log_where_the_folder_is_read_anew() {
    let mut state = RunState::default();
    let started = LiveEvent::Started { dir: "x".into(), device: "cpu".into(), seed: 1, resumed: false };
    let texts = |state: &RunState| state.log.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
    state.live_event(started);
    state.log_event(phase(Activity::Shared));
    state.live_event(LiveEvent::CheckpointSaved { tick: Tick(1) });
    state.log_event(phase(Activity::Control));
    state.live_event(LiveEvent::Stopped);
    let before = texts(&state);
    let (shared, control) = (before[1].clone(), before[3].clone());
    assert_eq!(
        before,
        ["Begins on cpu", &*shared, "Checkpoint saved", &*control, "Stopped with a checkpoint"]
    );
    state.begin_anew();
    state.log_event(phase(Activity::Shared));
    state.log_event(phase(Activity::Control));
    state.read_anew();
    assert_eq!(texts(&state), before);
    // Cut back to its first event.
    state.begin_anew();
    state.log_event(phase(Activity::Shared));
    state.read_anew();
    assert_eq!(texts(&state), ["Begins on cpu", &*shared, "Checkpoint saved", "Stopped with a checkpoint"]);
    assert!(state.log.iter().all(|line| line.event_index <= 1));
}

#[test]
fn the_end_of_a_worker_says_what_it_means() {
    let death = |orderly| Death { orderly, text: "gone".to_owned(), details: String::new() };
    let started = LiveEvent::Started { dir: "x".into(), device: "cpu".into(), seed: 1, resumed: false };
    for (last, orderly, status) in [
        (Some(LiveEvent::Stopped), true, Status::Stopped),
        (Some(LiveEvent::Failed { text: "no".to_owned() }), true, Status::Failed("no".to_owned())),
        (None, true, Status::Idle),
        (None, false, Status::Died(death(false))),
    ] {
        let mut state = RunState::default();
        state.live_event(started.clone());
        last.into_iter().for_each(|event| state.live_event(event));
        state.gone(death(orderly));
        assert_eq!(state.status, status);
    }
}

#[test]
fn a_log_of_version_0_1_is_shown() {
    let mut state = RunState::default();
    let log = include_str!("../../../tests/fixtures/run-0.1/search/events.jsonl");
    log.lines().for_each(|line| state.log_event(serde_json::from_str(line).unwrap()));
    assert_eq!(state.event_index as usize, log.lines().count());
    assert_eq!(state.phases.last().unwrap().activity, Activity::Winner);
    assert_eq!((state.candidates.len(), state.evaluations.len(), state.samples.len()), (10, 5, 5));
    assert!(state.has_generator());
    let score = Curve::Score { training: TrainingId::Winner, label: "Fréchet distance" };
    assert!(state.series.contains_key(&score) && state.series.contains_key(&LOSS));
    let other = |curve: &&Curve| matches!(curve, Curve::Other(_));
    assert_eq!(state.series.keys().filter(other).count(), 0);
}

#[test]
fn the_architecture_of_a_single_training_is_that_of_its_pictures() {
    let genotype = Genotype::parse("1 0 1 1").unwrap();
    let picture = |training| {
        let source = SampleSource::Training { training, step: Some(GeneratorStep(1)) };
        let (genotype, file) = (Some(genotype.clone()), "samples/1.png".to_owned());
        LogEvent::Samples { source, genotype, tick: Tick(1), file }
    };
    let loss = |gan| SearchEvent::Metric {
        curve: Curve::Loss { gan, network: Network::Generator },
        step: 0,
        value: 1.0,
    };
    let mut state = RunState::default();
    state.log_event(loss(GanId::Training(TrainingId::Single)).into());
    assert_eq!((state.is_single_training(), state.single_genotype()), (true, None));
    state.log_event(picture(TrainingId::Single));
    assert_eq!(state.single_genotype(), Some(&genotype));
    // A search shows those of its board.
    let mut state = RunState::default();
    state.log_event(loss(GanId::Shared).into());
    state.log_event(picture(TrainingId::Winner));
    assert_eq!((state.is_single_training(), state.single_genotype()), (false, None));
}
