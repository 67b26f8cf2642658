#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

/// Tensors of these names.
fn list(names: &[&str]) -> Vec<Listed> {
    names.iter().map(|name| Listed { name: (*name).to_owned(), shape: Some(vec![2]) }).collect()
}

/// The generators in these tables: names that are put before a dot, or nothing for the file's top.
fn generators(tables: &[&str]) -> Vec<Listed> {
    let layers = ["l1.weight", "cell1.c1.weight", "to_rgb.0.weight", "to_rgb.2.bias"];
    let dotted = |table: &str| if table.is_empty() { String::new() } else { format!("{table}.") };
    let name = |table: &str, layer: &str| dotted(table) + layer;
    let names: Vec<String> = tables.iter().flat_map(|table| layers.map(|layer| name(table, layer))).collect();
    list(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What stands before the names of the generator that is taken, and what is said of it.
fn taken(tables: &[&str], asked: Option<&str>) -> (String, String) {
    let found = GeneratorTable::find(&generators(tables), &[], asked).unwrap();
    assert_eq!(found.names.len(), 4, "{tables:?}");
    let (name, _) = found.names.iter().find(|(_, own)| *own == "l1.weight").unwrap();
    (name.strip_suffix("l1.weight").unwrap().trim_end_matches('.').to_owned(), found.notes.join("; "))
}

fn refused(tensors: &[Listed], tables: &[&str], asked: Option<&str>) -> String {
    GeneratorTable::find(tensors, tables, asked).unwrap_err().to_string()
}

#[test]
fn a_generator_is_found_behind_any_names() {
    for (table, name) in [
        ("generator", "generator"),
        ("model", "model"),
        ("netG", "netG"),
        ("g_ema", "g_ema"),
        ("G_ema", "G_ema"),
        ("ema", "ema"),
        ("anything", "anything"),
        ("state_dict.generator", "state_dict.generator"),
        ("state_dict.module.generator._orig_mod", "state_dict.generator"),
        ("module._orig_mod.module.generator.module", "generator"),
        ("0", "0"),
    ] {
        let (path, note) = taken(&[table], None);
        assert_eq!(path, table);
        assert!(note.starts_with(&format!("its table {name} ")), "{table}: {note}");
    }
    // Nothing to say where there is no table.
    for table in ["", "module", "_orig_mod", "module._orig_mod", "_orig_mod.module"] {
        assert_eq!(taken(&[table], None), (table.to_owned(), String::new()));
    }
}

#[test]
fn averaged_weights_without_names_are_not_left_out_in_silence() {
    let mut tensors = generators(&["model"]);
    let averages = ["ema.shadow_params.0", "ema.shadow_params.1", "optimizer.state.0.exp_avg"];
    tensors.extend(list(&averages));
    let found = GeneratorTable::find(&tensors, &[], None).unwrap();
    let said = "ema.shadow_params has 2 averaged weights without names, which are left out: to use them, save the \
                model's state_dict with the averages in it";
    assert_eq!(found.notes, ["its table model is taken", said]);
    assert_eq!(found.names.len(), 4);
}

#[test]
fn wrappers_between_the_parts_of_a_name_are_left_out() {
    let names = ["a.l1._orig_mod.weight", "a.cell1.module.c1.weight", "a.to_rgb.module.0._orig_mod.weight"];
    let found = GeneratorTable::find(&list(&names), &[], None).unwrap();
    let own: Vec<&str> = found.names.values().map(String::as_str).collect();
    assert_eq!(own, ["cell1.c1.weight", "l1.weight", "to_rgb.0.weight"]);
    assert_eq!(found.notes, ["its table a is taken"]);
}

#[test]
fn averaged_weights_come_first_and_that_is_said() {
    for (tables, expected) in [
        (["gen_state_dict", "avg_gen_state_dict"], "avg_gen_state_dict"),
        (["g", "g_ema"], "g_ema"),
        (["G", "G_ema"], "G_ema"),
        (["netG", "netG_EMA"], "netG_EMA"),
        (["generator", "ema"], "ema"),
        (["generator", "generatorEma"], "generatorEma"),
        (["state_dict", "state_dict_ema"], "state_dict_ema"),
        (["online_model", "ema_model.module"], "ema_model.module"),
        (["state_dict.generator", "callbacks.EMA.generator"], "callbacks.EMA.generator"),
        (["generator", "g_running"], "g_running"),
        (["G", "Gs"], "Gs"),
        (["G", "GE"], "GE"),
        (["g", "g_s"], "g_s"),
        (["G", "G_smooth"], "G_smooth"),
        (["", "ema.shadow"], "ema.shadow"),
    ] {
        for tables in [tables, [tables[1], tables[0]]] {
            let (path, note) = taken(&tables, None);
            let raw = tables.iter().find(|table| **table != expected).unwrap();
            let raw = if raw.is_empty() { "." } else { raw };
            let plain = expected.trim_end_matches(".module");
            assert_eq!(path, expected, "{tables:?}");
            let said =
                format!("its table {plain} of averaged weights is taken; --table {raw} takes the other one");
            assert_eq!(note, said);
        }
    }
    // No word of another meaning.
    assert!(taken(&["schema"], None).1.starts_with("its table schema is taken"));
}

#[test]
fn of_several_alike_the_plainest_name_is_taken_or_none() {
    assert_eq!(taken(&["best_generator", "generator", "old.generator"], None).0, "generator");
    assert_eq!(taken(&["G", "g_ema_best", "g_ema"], None).0, "g_ema");
    let (_, note) = taken(&["best", "generator", "old"], None);
    assert_eq!(note, "its table generator is taken; --table takes another one of best, old");
    for tables in [["netG_A", "netG_B"], ["teacher", "student"], ["g_ema_1", "g_ema_2"]] {
        let said = refused(&generators(&tables), &[], None);
        let (mut first, mut second) = (tables[0], tables[1]);
        if first > second {
            (first, second) = (second, first);
        }
        let wanted = format!("several generators, in the tables {first}, {second}; choose one with --table");
        assert!(said.contains(&wanted), "{said}");
    }
}

#[test]
fn a_table_is_taken_by_its_name_or_a_part_of_it() {
    let tables = ["G_ema", "G", "state_dict.module.generator", "old.g", "old.g_ema", ""];
    for (asked, expected) in [
        ("G", "G"),
        ("G_ema", "G_ema"),
        ("state_dict.generator", "state_dict.module.generator"),
        ("state_dict.module.generator", "state_dict.module.generator"),
        ("generator", "state_dict.module.generator"),
        ("state_dict", "state_dict.module.generator"),
        ("old.g", "old.g"),
        ("old", "old.g_ema"),
        (".", ""),
    ] {
        assert_eq!(taken(&tables, Some(asked)).0, expected, "{asked}");
    }
    assert_eq!(taken(&tables, Some("G")).1, "its table G is taken");
    // Of names that differ in wrappers alone, each is reached as the file has it.
    for asked in ["module.g", "g"] {
        assert_eq!(taken(&["module.g", "g"], Some(asked)).0, asked);
    }
    let unknown = refused(&generators(&tables), &[], Some("H"));
    assert!(
        unknown.contains("no table \"H\"; choose one with a generator: ., G, G_ema, old.g,"),
        "{unknown}"
    );
    let only = refused(&generators(&["netG"]), &[], Some("g_ema"));
    assert_eq!(only, "it has no table \"g_ema\"; its generator is in netG");
    let top = refused(&generators(&[""]), &[], Some("nothing"));
    assert_eq!(top, "it has no table \"nothing\"; its generator is at the file's top, which is --table .");
    let mut critic = generators(&["gen_state_dict"]);
    critic.extend(list(&["dis_state_dict.block1.c1.weight", "dis_state_dict.l5.weight"]));
    let said = refused(&critic, &["gen_state_dict", "dis_state_dict"], Some("dis_state_dict"));
    assert!(
        said.contains("dis_state_dict holds no generator") && said.contains("block1.c1.weight [2]"),
        "{said}"
    );
}

/// As a Lightning checkpoint has it, whose tables are all in `state_dict`.
#[test]
fn a_table_within_others_that_holds_another_network_is_found_by_its_own_name() {
    let mut gan = list(&["state_dict.generator.module.main.0.weight", "state_dict.generator.main.1.weight"]);
    gan.extend(list(&["state_dict.discriminator.main.0.weight"]));
    for asked in ["generator", "state_dict.generator"] {
        assert_eq!(
            refused(&gan, &["state_dict"], Some(asked)),
            "its table state_dict.generator holds no generator of AutoGAN's kind but another network: 2 tensors \
             state_dict.generator.module.main.0.weight [2], state_dict.generator.main.1.weight [2]; choose a file with \
             an AutoGAN generator"
        );
    }
    gan.extend(generators(&["netG"]));
    let said = refused(&gan, &["state_dict", "netG"], Some("discriminator"));
    let other = "its table state_dict.discriminator holds no generator of AutoGAN's kind but another network: 1 tensor \
                 state_dict.discriminator.main.0.weight [2]; choose one with a generator with --table: netG";
    assert_eq!(said, other);
    // The name of a tensor is that of no table.
    assert!(refused(&gan, &[], Some("weight")).starts_with("it has no table \"weight\""));
}

#[test]
fn another_network_is_called_so_with_some_of_its_names_and_shapes() {
    let gan = list(&["netG.main.0.weight", "netG.main.1.weight", "netG.main.2.weight", "netD.main.0.weight"]);
    let said = refused(&gan, &["netG", "netD"], None);
    for part in ["another network", "the tables netG, netD", "4 tensors such as netG.main.0.weight [2], "] {
        assert!(said.contains(part), "{said}");
    }
    // The first layer alone does not make it one, as in SNGAN's generator.
    let said = refused(&list(&["l1.weight", "block2.c1.weight", "c5.weight"]), &[], None);
    assert!(
        said.contains("another network: 3 tensors l1.weight [2], block2.c1.weight [2], c5.weight [2];"),
        "{said}"
    );
    let said = refused(&list(&["average/l1.weight", "generator/l1.weight"]), &[], None);
    assert!(said.contains("a run's checkpoint") && said.contains("winner.safetensors"), "{said}");
    let damaged = Listed { name: "x".to_owned(), shape: None };
    assert!(refused(&[damaged], &[], None).contains("1 tensor x;"));
}

#[test]
fn what_belongs_to_no_generator_is_left_out_and_counted() {
    let mut tensors = generators(&["", "ema"]);
    tensors.extend(list(&["attention.gamma", "attention.query.weight", "to_rgb.0.num_batches_tracked"]));
    let found = GeneratorTable::find(&tensors, &[], Some(".")).unwrap();
    assert_eq!(found.names.len(), 5);
    assert_eq!(
        found.notes,
        [
            "the weights at the file's top are taken",
            "2 tensors that no generator has are left out, first of them attention.gamma"
        ]
    );
    let mut tensors = generators(&[""]);
    tensors.extend(list(&["attention.gamma"]));
    let found = GeneratorTable::find(&tensors, &[], None).unwrap();
    assert_eq!(found.notes, ["1 tensor that no generator has is left out: attention.gamma"]);
}

/// Names that a file may hold are long, many and odd; a message names some, and each shortened.
#[test]
fn hostile_names_make_short_messages() {
    let long = "x".repeat(1000);
    let tables: Vec<String> = (0..2000).map(|number| format!("{long}{number}")).collect();
    let said = refused(&generators(&tables.iter().map(String::as_str).collect::<Vec<_>>()), &[], None);
    assert!(said.len() < 2000 && said.contains("and 1990 more"), "{} bytes", said.len());
    let said = refused(&list(&[&long, "a\u{7}\n[31m.weight", &long, &long]), &[&long], Some(&long));
    assert!(said.len() < 2000 && !said.contains('\u{7}') && !said.contains('\n'), "{said}");
    let dots = ".".repeat(900) + "l1.weight";
    assert!(
        refused(&list(&[&dots, "..", "", "l1.weight."]), &[], Some(".."))
            .contains("no generator of AutoGAN's")
    );
}

proptest! {
    /// Whatever the names, what is found is there, and has the generator's first and last layer.
    #[test]
    fn what_is_found_is_a_generator(
        names in prop::collection::vec(
            "(module\\.|_orig_mod\\.|ema\\.|G\\.|\\.){0,3}(l1\\.weight|to_rgb\\.0\\.weight|cell1\\.module\\.c1|x)", 0..12,
        ),
        asked in prop::option::of("(ema|G|module|\\.|x){0,2}"),
    ) {
        let tensors = list(&names.iter().map(String::as_str).collect::<Vec<_>>());
        if let Ok(table) = GeneratorTable::find(&tensors, &[], asked.as_deref()) {
            for layer in ["l1.weight", "to_rgb.0.weight"] {
                prop_assert!(table.names.values().any(|own| own == layer), "{layer}");
            }
            prop_assert!(table.names.keys().all(|name| names.contains(name)));
        }
    }
}
