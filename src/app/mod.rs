//! Use cases that the command line and the window share.

mod architecture;
mod compare;
mod doctor;
mod export;
mod inception;
mod lesson;
mod random_baseline;
mod run_speed;
mod sample;
mod sample_folder;
mod score;
mod step_bench;

pub use architecture::{ArchitectureFormat, architecture_file};
pub use compare::{BestArchitecture, Compared, ComparedSetting, Comparison, Ranking, compare};
pub use doctor::{DeviceCheck, DoctorReport, check_device, warm_up};
pub use export::{ExportPart, Exported, LeftOut, export_model};
pub use inception::bring_inception;
pub use lesson::{LESSONS, Lesson, LessonControl, LessonError, LessonGoal, LessonStep};
pub use random_baseline::{BaselineConfig, BaselineEntry, random_baseline};
pub use run_speed::run_speed;
pub use sample::{Images, Latents, SampleError, latent_file, sample};
pub use sample_folder::SampleFolder;
pub use score::{
    Generation, Origin, Protocol, Quantization, ScoreEnvironment, ScoreProgress, ScoreReport, score,
};
pub use step_bench::{GpuWork, OperatorTimes, StepTimes, Times, UpdateWork, step_times};
