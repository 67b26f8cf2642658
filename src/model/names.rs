//! The path of a parameter inside a module, in the reference's names.
//!
//! Everything on disk uses the names of the reference's PyTorch state dicts
//! (`cell1.pre_conv1.conv.weight`, `to_rgb.0.running_mean`, `block1.c1.weight_orig`), so its
//! checkpoints map on and ours can be read there.

/// Follows a traversal of a module and knows where it is.
#[derive(Default)]
pub(crate) struct Path {
    names: Vec<String>,
    /// `Struct:Conv2d` and the like, of the struct that holds the field.
    containers: Vec<String>,
}

impl Path {
    pub fn enter(&mut self, name: &str, container: &str) {
        self.names.push(name.to_owned());
        self.containers.push(container.to_owned());
    }

    pub fn leave(&mut self) {
        self.names.pop();
        self.containers.pop();
    }

    /// Name of the layer type that holds the current parameter: `Conv2d`.
    pub fn layer(&self) -> &str {
        let container = self.containers.last().map_or("", String::as_str);
        container.strip_prefix("Struct:").unwrap_or(container)
    }

    /// Name of the current parameter inside its layer: `weight`.
    pub fn field(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The reference's name of the current parameter.
    pub fn name(&self) -> String {
        let mut parts: Vec<String> = Vec::with_capacity(self.names.len());
        let mut names = self.names.iter().map(String::as_str).peekable();
        while let Some(name) = names.next() {
            match (name, names.peek().and_then(|next| next.parse::<usize>().ok())) {
                ("cells", Some(index)) => {
                    names.next();
                    parts.push(format!("cell{}", index + 1));
                }
                ("skip_deconv", Some(chain)) => {
                    names.next();
                    parts.push(format!("skip_deconvx{}", 2usize << chain));
                    names.next(); // "stages"
                    // The reference has a bare layer for ratio 2 and a sequence for ratio 4.
                    if let (0, true) = (chain, names.peek().is_some()) {
                        names.next();
                    }
                }
                ("to_rgb", _) => {
                    parts.push("to_rgb".to_owned());
                    match names.next() {
                        Some("norm") => parts.push("0".to_owned()),
                        Some("conv") => parts.push("2".to_owned()),
                        Some(other) => parts.push(other.to_owned()),
                        None => {}
                    }
                }
                _ => parts.push(name.to_owned()),
            }
        }
        parts.join(".")
    }
}

/// The two methods with which a visitor or mapper keeps its `path: Path` up to date.
macro_rules! follow_path {
    () => {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }

        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.leave();
        }
    };
}
pub(crate) use follow_path;

/// Whether a name belongs to a buffer: state that no gradient reaches.
pub fn is_buffer(name: &str) -> bool {
    let field = name.rsplit('.').next().unwrap_or(name);
    matches!(field, "running_mean" | "running_var" | "weight_u" | "weight_v")
}
