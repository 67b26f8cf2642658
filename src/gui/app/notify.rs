//! Notifications on the desktop, for runs that end while nobody looks.

use std::thread;

/// Shows a notification. A desktop without them is no problem: the window says the same.
pub fn show(text: String) {
    // Some desktops answer late, or never.
    thread::spawn(move || {
        let shown = notify_rust::Notification::new().appname("AutoGAN").summary("AutoGAN").body(&text).show();
        if let Err(error) = shown {
            tracing::debug!("no desktop notification: {error}");
        }
    });
}
